import { isCollection, isSeq, parse, type Document } from "yaml";
import type { z } from "zod";
import { LabError } from "../kernel/errors.ts";
import { didYouMean } from "./closest.ts";
import { childOf, isFree, schemaNode, unfold, type SchemaNode } from "./schema-node.ts";

/**
 * One `--set path=value`: a dotted path (`workload.cells.0.share`), and its value as YAML (`false`, `12`, `[a, b]`).
 */
export interface Override {
  readonly path: string;
  readonly value: string;
}

interface Overridable {
  /** `scenario`, `stack`. */
  readonly name: string;
  readonly schema: z.ZodType;
  readonly moved?: Readonly<Record<string, string>>;
  /** What stands before its paths in `--set`. */
  readonly setPrefix: string;
}

/**
 * Sets each override in the document. Throws `LabError` `unknown_setting` for a path that no file of that kind can
 * have.
 */
export function setOverrides(document: Document, overrides: readonly Override[], kind: Overridable): void {
  for (const override of overrides) {
    const path = override.path.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    checkPath(override.path, path, kind);
    checkElements(document, override.path, path);
    document.setIn(path, valueOf(override));
  }
}

function checkPath(text: string, path: readonly (string | number)[], kind: Overridable): void {
  let nodes: readonly SchemaNode[] = [schemaNode(kind.schema)];
  for (const [depth, step] of path.entries()) {
    const alternatives = nodes.flatMap(unfold);
    if (alternatives.some(isFree)) return;
    const next = alternatives.flatMap((node) => childOf(node, step));
    if (next.length === 0) throw unknownSetting({ text, parent: path.slice(0, depth).join("."), step: String(step), alternatives, kind });
    nodes = next;
  }
}

function unknownSetting(options: { text: string; parent: string; step: string; alternatives: readonly SchemaNode[]; kind: Overridable }): LabError {
  const { text, parent, step, alternatives, kind } = options;
  const keys = [...new Set(alternatives.flatMap((node) => Object.keys(node.properties ?? {})))];
  const isList = alternatives.some((node) => node.items !== undefined);
  const where = parent === "" ? `a ${kind.name}` : `"${parent}"`;
  const known = isList ? `${where} is a list: give an index, ${parent}.0` : keys.length > 0 ? `${where} has ${keys.join(", ")}` : `${where} has no fields`;
  return new LabError({
    exit: "refused",
    code: "unknown_setting",
    message: `Cannot set "${kind.setPrefix}${text}": there is no "${step}" in ${where}`,
    hint: (parent === "" ? kind.moved?.[step] : undefined) ?? didYouMean(step, keys, `${known}.`),
  });
}

/**
 * Lists are changed, not grown: every index of the path must name an element that the file has, and every parent a list
 * or map.
 */
function checkElements(document: Document, text: string, path: readonly (string | number)[]): void {
  for (const [depth, step] of path.entries()) {
    const parent = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (parent === undefined || parent === null) {
      if (typeof step === "string") continue;
    } else if (isSeq(parent) ? typeof step === "number" && step < parent.items.length : isCollection(parent)) continue;
    const here = path.slice(0, depth).join(".");
    throw new LabError({
      exit: "refused",
      code: "unknown_setting",
      message: `Cannot set "${text}": "${here}" has no element ${step} in this file`,
      hint: isSeq(parent) ? `It has ${parent.items.length}, counted from 0.` : `Set "${here}" as a whole: --set '${here}={…}'.`,
    });
  }
}

function valueOf(override: Override): unknown {
  try {
    return parse(override.value, { stringKeys: true, logLevel: "error" }) as unknown;
  } catch {
    throw new LabError({
      exit: "refused",
      code: "unknown_setting",
      message: `Cannot set "${override.path}": "${override.value}" is not YAML`,
      hint: "Quote the value, or write a list as [a, b] and a map as {a: 1}.",
    });
  }
}
