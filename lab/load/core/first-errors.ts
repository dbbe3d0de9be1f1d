import type { ClientRecord } from "../../../kernel/records.ts";

/** Of so many kinds, by status and code, the first error's body is kept. */
const kindsMax = 20;

/**
 * Passes records on, with the error body of the first of each kind alone: what a person needs to see, and no more of
 * the system's answers.
 */
export function firstErrorBodies(emit: (record: ClientRecord) => void): (record: ClientRecord) => void {
  const seen = new Set<string>();
  return (record) => {
    if (record.errorBody === undefined) return emit(record);
    const { errorBody: _, ...rest } = record;
    const kind = `${record.status} ${record.errorCode}`;
    const isFirst = !seen.has(kind) && seen.size < kindsMax;
    if (isFirst) seen.add(kind);
    emit(isFirst ? record : rest);
  };
}
