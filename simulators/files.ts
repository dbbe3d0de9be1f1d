import * as fs from "node:fs";
import { fileReader } from "../kernel/text-file.ts";

/** The simulators' reader of their configuration files. Throws `FileError`. */
export const { readJson } = fileReader(fs);

/** Larger configurations are refused: one holds a deployment and the phases of its incidents. */
export const configBytesMax = 16 << 20;
