import { canonicalJson } from "../../kernel/canonical-json.ts";

/** Where two JSON values first differ, as a clause: `measure.badShareMax is 2, not 0.05`. Null: they are equal. */
export function firstDifference(actual: unknown, expected: unknown, path = ""): string | null {
  if (canonicalJson(actual) === canonicalJson(expected)) return null;
  const [ours, theirs] = [fieldsOf(actual), fieldsOf(expected)];
  if (ours === null || theirs === null) return `${path === "" ? "the whole" : path} is ${shown(actual)}, not ${shown(expected)}`;
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  const key = keys.find((name) => canonicalJson(ours[name]) !== canonicalJson(theirs[name]))!;
  const at = path === "" ? key : `${path}.${key}`;
  if (ours[key] === undefined) return `${at} is missing`;
  if (theirs[key] === undefined) return `${at} should not be there`;
  return firstDifference(ours[key], theirs[key], at);
}

/** Of two lists or two maps, which are compared field by field. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}

const shownMax = 60;

function shown(value: unknown): string {
  const text = canonicalJson(value);
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`;
}
