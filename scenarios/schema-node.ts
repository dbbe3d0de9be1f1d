import { z } from "zod";

/** The part of JSON Schema that ours uses. */
export interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly required?: readonly string[];
  readonly description?: string;
}

/** A schema as its input is written, before defaults are filled in. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as SchemaNode;
}

/** A node and all alternatives in it. */
export const unfold = (node: SchemaNode): readonly SchemaNode[] => [node, ...[...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap(unfold)];

/** A free-form record: its consumer validates it. */
export const isFree = (node: SchemaNode): boolean => node.properties === undefined && typeof node.additionalProperties === "object";

/** What a node says of one of its fields, or elements. */
export function childOf(node: SchemaNode, step: PropertyKey): readonly SchemaNode[] {
  if (typeof step === "number") return node.items === undefined ? [] : [node.items];
  const { properties = {}, additionalProperties } = node;
  if (Object.hasOwn(properties, step)) return [properties[String(step)]!];
  return typeof additionalProperties === "object" ? [additionalProperties] : [];
}

/**
 * All that a schema says of the place at `path`. Of alternatives that are told apart by a field, such as `kind`, those
 * that `value` has chosen.
 */
export function nodesAt(root: SchemaNode, path: readonly PropertyKey[], value: unknown): readonly SchemaNode[] {
  let nodes = chosen([root], value);
  let here = value;
  for (const step of path) {
    here = fieldOf(here, step);
    nodes = chosen(nodes.flatMap((node) => childOf(node, step)), here);
  }
  return nodes;
}

/** Where no alternative fits, because the field that tells them apart is wrong itself, all are kept. */
function chosen(nodes: readonly SchemaNode[], value: unknown): readonly SchemaNode[] {
  const all = nodes.flatMap(unfold);
  const fits = (node: SchemaNode) => marksOf(node).every(({ field, mark }) => fieldOf(value, field) === mark);
  const marked = all.filter((node) => marksOf(node).length > 0);
  return marked.some(fits) ? all.filter(fits) : all;
}

/** The constants that a node requires, such as `kind: "toxic"`. */
function marksOf({ properties = {}, required = [] }: SchemaNode) {
  return required.flatMap((field) => (properties[field]?.const === undefined ? [] : [{ field, mark: properties[field].const }]));
}

/** The value of a field or element; undefined where there is none. */
export function fieldOf(value: unknown, step: PropertyKey): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Readonly<Record<PropertyKey, unknown>>)[step];
}
