import { isMap, parseDocument, type Pair, type YAMLMap } from "yaml";
import { aliasedMax, depthExcessOf, excessOf } from "./yaml-limits.ts";

/** Fields by which a stack file is itself, and which it does not take from the one that it extends. */
const ownFields = ["name", "title", "description"];

/** The stack that a stack file extends; null: none, or its text cannot be read, which its parser reports. */
export function extendedName(text: string): string | null {
  const fields = mapOf(text);
  const name = fields?.get("extends");
  return typeof name === "string" ? name : null;
}

/**
 * The text of a stack file as a whole: what it extends, with its own fields in place of theirs. A map is merged field
 * by field; a list, a figure and `null` replace what was there. Comments are those of the file that is extended.
 */
export function extendedText(base: string, text: string): string {
  const own = mapOf(text);
  const document = parseDocument(base, { stringKeys: true, logLevel: "silent" });
  if (own === null || !isMap(document.contents)) return text;
  for (const field of ownFields) document.delete(field);
  const fields = own.toJS(parseDocument(text), { maxAliasCount: aliasedMax }) as Record<string, unknown>;
  delete fields["extends"];
  merge([], fields);
  const place = ({ key }: Pair) => ownFields.indexOf(String(key));
  document.contents.items.sort((a, b) => Number(place(b) >= 0) - Number(place(a) >= 0) || place(a) - place(b));
  return document.toString({ lineWidth: 0 });

  function merge(path: readonly string[], value: Record<string, unknown>): void {
    for (const [name, inner] of Object.entries(value)) {
      const at = [...path, name];
      const isMerged = isRecord(inner) && isMap(document.getIn(at, true)) && Object.keys(inner).length > 0;
      if (isMerged) merge(at, inner);
      else document.setIn(at, document.createNode(inner));
    }
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

function mapOf(text: string): YAMLMap | null {
  if (excessOf(text) !== null) return null;
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true, logLevel: "silent" });
  if (document.errors.length > 0 || depthExcessOf(document) !== null || !isMap(document.contents)) return null;
  return document.contents as YAMLMap;
}
