import { expect } from "vitest";

/** A command that has ended, with what it printed under any names. */
interface EndedCommand {
  readonly code: number | null;
}

/** The last lines of a run have the reason. */
const shownMax = 6_000;

/** Expects one of these exit codes. A failure shows what the command printed, because that names the reason. */
export function expectCode(ended: EndedCommand, ...codes: readonly number[]): void {
  expect(codes, printedBy(ended)).toContain(ended.code);
}

/** All that a command left, for the message of an assertion on what it did. */
export function printedBy({ code, ...printed }: EndedCommand): string {
  const parts = Object.entries(printed).map(([name, part]: [string, unknown]) => `--- ${name}\n${(typeof part === "string" ? part : JSON.stringify(part)).slice(-shownMax)}`);
  return [`exit code ${code}`, ...parts, "---"].join("\n");
}
