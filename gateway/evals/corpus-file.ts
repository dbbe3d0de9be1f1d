import { readSettings } from "../http/settings-file.ts";
import type { Corpus } from "./core/corpus.ts";
import { resolveCorpus } from "./corpus-schema.ts";

/**
 * Reads a corpus. Throws `LabError` (`corpus_unreadable`, `corpus_invalid`), one line a problem, with line and column.
 */
export function readCorpus(file: string): Corpus {
  return readSettings(file, resolveCorpus, { code: "corpus", named: (name) => `the corpus "${name}"`, hint: "correct the corpus; docs/eval-gate.md describes it" });
}
