import { InvalidArgumentError, Option } from "commander";
import { LabError } from "../../kernel/errors.ts";

/** Shared by the definitions of commands: what stands below a help text, and readers of arguments. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

/** An option that may be given several times: the list of its values. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).default([], "none").argParser((value: string, before: readonly string[]) => [...before, value]);
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return value;
}

export function countingNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError("It must be a whole number, 1 or more.");
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

/** Milliseconds of `90s`, `10m`, `2h`. */
export function lengthOfTime(text: string): number {
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(count) * ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? Number.NaN);
  if (!(ms > 0)) throw new InvalidArgumentError("It must be a length of time such as 90s, 10m or 2h.");
  return ms;
}

export function instant(text: string): string {
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) throw new InvalidArgumentError("It must be a date, such as 2026-01-01.");
  return new Date(atMs).toISOString();
}

/**
 * Refuses what only runs with real processes can do where `--live` is not given: it would be ignored. `given`: whether
 * each flag was. Throws LabError `refused` `bad_option`.
 */
export function assertLiveFlags(live: boolean, given: Readonly<Record<string, boolean>>): void {
  const flag = live ? undefined : Object.keys(given).find((name) => given[name] === true);
  if (flag !== undefined) throw new LabError({ exit: "refused", code: "bad_option", message: `${flag} is for runs with real processes, and these are virtual`, hint: `Add --live, or leave ${flag} out` });
}
