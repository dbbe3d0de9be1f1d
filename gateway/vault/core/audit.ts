import { canonicalJson } from "../../../kernel/canonical-json.ts";

/** One access. Never a value, and never a part of one. */
export interface AuditRecord {
  readonly atMs: number;
  /** `plane:ID` or `operator:ID`. */
  readonly who: string;
  readonly action: string;
  readonly secret?: string;
  readonly version?: number;
  /** `ok`, or the code of the refusal. */
  readonly result: string;
}

/**
 * A record in its chain: `hash` covers the entry and the hash before it, so that no entry can be changed, moved or
 * taken out of the middle.
 */
export interface AuditEntry extends AuditRecord {
  readonly sequence: number;
  readonly previous: string;
  readonly hash: string;
}

export const chainStart = "0".repeat(64);

/** SHA-256 of a text, in hex. */
export type Digest = (text: string) => string;

export function nextEntry(record: AuditRecord, last: Pick<AuditEntry, "sequence" | "hash"> | null, digest: Digest): AuditEntry {
  const entry = { ...record, sequence: (last?.sequence ?? 0) + 1, previous: last?.hash ?? chainStart };
  return { ...entry, hash: digest(canonicalJson(entry)) };
}

/**
 * What is wrong with a log from its first entry on; null: nothing. Who keeps the last hash elsewhere also notices an
 * end that was cut off.
 */
export function chainProblem(entries: Iterable<AuditEntry>, digest: Digest): string | null {
  let last: AuditEntry | null = null;
  for (const { hash, ...entry } of entries) {
    const sequence: number = (last?.sequence ?? 0) + 1;
    if (entry.sequence !== sequence) return `Entry ${sequence} is missing: entry ${entry.sequence} stands in its place`;
    if (entry.previous !== (last?.hash ?? chainStart)) return `Entry ${sequence} does not follow the one before it`;
    if (digest(canonicalJson(entry)) !== hash) return `Entry ${sequence} was changed`;
    last = { ...entry, hash };
  }
  return null;
}
