import * as fs from "node:fs";
import { fileReader } from "../../kernel/text-file.ts";

/**
 * The gateway's reader of its configuration, which may come out of another program: `--config <(decrypt FILE)`. Throws
 * `FileError`.
 */
export const { readText } = fileReader(fs, { pipes: true });

/** Larger configurations are refused: one of ten thousand lines has a tenth of it. */
export const configBytesMax = 4 << 20;
