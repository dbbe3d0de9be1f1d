import { z } from "zod";

/** What JSON Schema says of a place, as far as a reference shows it. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: boolean | Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

export interface Field {
  /** `faults[] (toxic).link.from`; `*` for any name. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly default: unknown;
  readonly description: string | null;
}

/** Every field of a schema, in its order, those of alternatives too. */
export function fieldsOf(schema: z.ZodType): readonly Field[] {
  const fields = fieldsAt(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node, "");
  return [...new Map(fields.map((field) => [field.path, field])).values()];
}

function fieldsAt(node: Node, path: string): readonly Field[] {
  const within = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((alternative) => fieldsAt(alternative, path));
  const items = node.items === undefined ? [] : fieldsAt(node.items, `${path}[]`);
  const named = typeof node.additionalProperties === "object" ? fieldsAt(node.additionalProperties, `${path}.*`) : [];
  const kind = node.properties?.["kind"]?.const;
  const prefix = kind === undefined ? path : `${path} (${JSON.stringify(kind)?.replaceAll('"', "")})`;
  const own = Object.entries(node.properties ?? {}).flatMap(([name, field]): readonly Field[] => {
    if (name === "kind" && field.const !== undefined) return [];
    const at = prefix === "" ? name : `${prefix}.${name}`;
    return [{ path: at, type: typeOf(field), required: node.required?.includes(name) === true, default: field.default, description: field.description ?? null }, ...fieldsAt(field, at)];
  });
  return [...within, ...items, ...named, ...own];
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return node.enum.length > 15 ? "one of many names" : node.enum.map(String).join(", ");
  const alternatives = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  if (alternatives.length > 0) return [...new Set(alternatives.map((one) => (one.type === "null" ? "null" : typeOf(one))))].join(" or ");
  if (node.type === "array") return `list of ${node.items === undefined ? "anything" : typeOf(node.items)}`;
  if (node.type === "object") return "map";
  return [node.type === "integer" ? "whole number" : (node.type ?? "anything"), ...bounds(node)].join(" ");
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Node): readonly string[] {
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  return [
    ...(least === undefined ? [] : [`from ${least}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(most === undefined ? [] : [`to ${most}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
  ];
}

/** Fields as a table of Markdown. */
export function tableOf(fields: readonly Field[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const fallback = ({ required, default: value }: Field) => (required ? "required" : value === undefined ? "" : `\`${JSON.stringify(value)}\``);
  const rows = fields.map((field) => `| \`${field.path}\` | ${cell(field.type)} | ${cell(fallback(field))} | ${cell(field.description ?? "")} |`);
  return ["| field | value | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}
