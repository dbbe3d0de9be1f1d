import { createHash } from "node:crypto";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import type { Corpus } from "./core/corpus.ts";
import type { GateResult } from "./core/run-gate.ts";
import type { GateFile } from "./gate-file.ts";

/** A result that can be kept: what was compared, by hashes, and until when it holds. */
export interface GateRecord extends GateResult {
  readonly hashes: { readonly corpus: string; readonly current: string; readonly candidate: string; readonly judge: string | null };
  readonly settings: GateFile["settings"];
  readonly seed: number;
  readonly madeAt: string;
  readonly validUntil: string;
}

/** `wallMs`: Unix ms at which the gate ended. */
export function recordOf(result: GateResult, file: GateFile, corpus: Corpus, wallMs: number): GateRecord {
  const { current, candidate, judge, settings, seed, validDays } = file;
  return {
    ...result,
    hashes: { corpus: hashOf(corpus), current: hashOf(current.body), candidate: hashOf(candidate.body), judge: judge === null ? null : hashOf(judge.body) },
    settings,
    seed,
    madeAt: new Date(wallMs).toISOString(),
    validUntil: new Date(wallMs + validDays * 86_400_000).toISOString(),
  };
}

const hashOf = (value: unknown) => createHash("sha256").update(canonicalJson(value)).digest("hex");
