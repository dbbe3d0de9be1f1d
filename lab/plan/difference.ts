import { canonicalJson } from "../../kernel/canonical-json.ts";

/** Where two JSON values first differ, as a clause: `measure.badShareMax is 2, not 0.05`. Null: they are equal. */
export function firstDifference(actual: unknown, expected: unknown, path = ""): string | null {
  if (!isNested(actual) || !isNested(expected) || Array.isArray(actual) !== Array.isArray(expected)) return otherValue(actual, expected, path);
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  for (const key of Object.keys(expected)) {
    if (expected[key] === undefined) continue;
    if (!Object.hasOwn(actual, key) || actual[key] === undefined) return `${at(key)} is missing`;
    const difference = firstDifference(actual[key], expected[key], at(key));
    if (difference !== null) return difference;
  }
  const extra = Object.keys(actual).find((key) => actual[key] !== undefined && (!Object.hasOwn(expected, key) || expected[key] === undefined));
  return extra === undefined ? null : `${at(extra)} should not be there`;
}

/** A list or a map, which is compared field by field. */
function isNested(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** At least one of the two is not nested, or is nested in another way. */
function otherValue(actual: unknown, expected: unknown, path: string): string | null {
  if (!isNested(actual) && !isNested(expected) && canonicalJson(actual) === canonicalJson(expected)) return null;
  return `${path === "" ? "the whole" : path} is ${shown(actual)}, not ${shown(expected)}`;
}

const shownMax = 60;

function shown(value: unknown): string {
  if (isNested(value)) return Array.isArray(value) ? `a list of ${value.length}` : "a map";
  const text = canonicalJson(value);
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`;
}
