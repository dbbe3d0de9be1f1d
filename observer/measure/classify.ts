import type { BadCause } from "../../kernel/judgement.ts";
import type { Cell } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { readAnswer, type AnswerReading } from "./answer-text.ts";
import { cellOf, type Knowledge } from "./knowledge.ts";
import { wordsAsked, wrongOf, type Wrong } from "./provenance.ts";

/** One request, judged from what its client saw. */
export interface Judged {
  readonly record: ClientRecord;
  readonly cell: string;
  /** `left`: the client left on purpose, which leaves the request undecided: it is in the books and in no measure. */
  readonly state: "good" | "bad" | "left";
  readonly cause: BadCause | null;
  /** Bad, and delivered so that the client takes it for a success. */
  readonly silent: boolean;
  readonly wrong: Wrong | null;
  readonly reading: AnswerReading;
}

/**
 * Judges one request: the observer's own classifier, which shares no code with the gateway's. Times count from the
 * intended send.
 */
export function classify(record: ClientRecord, knowledge: Knowledge): Judged {
  const cell = cellOf(record);
  const success = passesForSuccess(record);
  const reading = readAnswer(record.text, !success);
  const wrong = record.text === "" ? null : wrongOf(record, reading, knowledge);
  if (record.end === "aborted" && knowledge.clientsMayLeave) return { record, cell, state: "left", cause: null, silent: false, wrong: null, reading };
  // An answer that closes before the words that its prompt asks for was cut short, however clean its end.
  const whole = record.terminal && reading.whole && reading.words >= (wordsAsked(reading, knowledge) ?? 0);
  const cause = causeOf(record, { success, whole, wrong, cell: knowledge.cells.get(cell), knowledge });
  const silent = success && (cause === "wrong" || cause === "truncated");
  return { record, cell, state: cause === null ? "good" : "bad", cause, silent, wrong, reading };
}

function causeOf(
  record: ClientRecord,
  seen: { success: boolean; whole: boolean; wrong: Wrong | null; cell: Cell | undefined; knowledge: Knowledge },
): BadCause | null {
  if (record.end === "dropped") return "not_sent";
  if (record.text === "" && !seen.success) return "error";
  if (seen.wrong !== null) return "wrong";
  if (!seen.success || !seen.whole) return "truncated";
  return isLate(record, seen.cell, seen.knowledge) ? "late" : null;
}

/**
 * What an SDK hands on as a result: a 2xx that is complete by HTTP and carries no error. A stream that just ends,
 * without its terminal event, is among them (the OpenAI SDK does not mind); a JSON body that does not parse is not.
 */
function passesForSuccess(record: ClientRecord): boolean {
  const { status } = record;
  if (record.end !== "complete" || status === null || status < 200 || status > 299) return false;
  return record.errorCode === null && (record.terminal || record.stream);
}

/**
 * A JSON answer has no first token of its own: only its total counts. A stream whose first token the instrument did not
 * see waited for it until its end, unless the instrument sees none.
 */
function isLate(record: ClientRecord, cell: Cell | undefined, { firstTokensTimed }: Knowledge): boolean {
  if (cell === undefined) return false;
  if (record.endMs - record.intendedMs > cell.slo.totalMs) return true;
  return firstTokensTimed && record.stream && (record.firstTokenMs ?? record.endMs) - record.intendedMs > cell.slo.firstTokenMs;
}
