import { canonicalJson } from "../../kernel/canonical-json.ts";

export interface Change {
  readonly path: string;
  /** Absent: it was not there, or is not there any more. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * What differs between two configurations, by path. Elements of lists are found by their name where they have one.
 * Virtual keys are secrets and stay out.
 */
export function configDiff(before: unknown, after: unknown, path = ""): readonly Change[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const [left, right] = [fieldsOf(before), fieldsOf(after)];
  if (left === null || right === null) return [{ path, ...(before !== undefined && { before: shown(path, before) }), ...(after !== undefined && { after: shown(path, after) }) }];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const changes = names.flatMap((name) => configDiff(left.get(name), right.get(name), path === "" ? name : `${path}.${name}`));
  // The same elements in another order.
  return changes.length > 0 ? changes : [{ path, before: [...left.keys()], after: [...right.keys()] }];
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof value !== "object" || value === null) return null;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  return new Map(value.map((element: unknown, index) => [nameOf(element) ?? String(index), element]));
}

function nameOf(element: unknown): string | null {
  if (typeof element === "string") return element;
  const name = typeof element === "object" && element !== null && "name" in element ? element.name : null;
  return typeof name === "string" ? name : null;
}

function shown(path: string, value: unknown): unknown {
  if (/(^|\.)keys\.[^.]+\.key$/.test(path)) return "(secret)";
  return JSON.parse(JSON.stringify(value), (name, field: unknown) => (name === "key" && path.startsWith("keys") ? "(secret)" : field)) as unknown;
}
