/**
 * `node test/soak/heap-diff.ts BEFORE AFTER`: what two heap snapshots of `--snapshots` differ by, by type and
 * constructor, the greatest growth in bytes first.
 */
import { readFileSync } from "node:fs";
import { exitCodes, messageOf } from "../../kernel/errors.ts";

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[]] } };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

interface Held {
  count: number;
  bytes: number;
}

/** Contents of a string, and of what is named by its contents, are no type of their own. */
const unnamed: ReadonlySet<string> = new Set(["string", "concatenated string", "sliced string", "number", "code", "regexp", "bigint"]);
const SHOWN_MAX = 30;

function heldBy(file: string): ReadonlyMap<string, Held> {
  const { snapshot, nodes, strings } = JSON.parse(readFileSync(file, "utf8")) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name, size] = ["type", "name", "self_size"].map((field) => fields.indexOf(field)) as [number, number, number];
  const held = new Map<string, Held>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = types[0][nodes[at + type]!]!;
    const key = unnamed.has(kind) ? kind : `${kind} ${strings[nodes[at + name]!]!.slice(0, 80)}`;
    const own = held.get(key) ?? { count: 0, bytes: 0 };
    own.count++;
    own.bytes += nodes[at + size]!;
    held.set(key, own);
  }
  return held;
}

try {
  const [before, after] = process.argv.slice(2, 4).map(heldBy);
  if (before === undefined || after === undefined) throw new Error("Usage: node test/soak/heap-diff.ts BEFORE AFTER");
  const grown = [...after].map(([key, { count, bytes }]) => ({ key, count: count - (before.get(key)?.count ?? 0), bytes: bytes - (before.get(key)?.bytes ?? 0) }));
  for (const { key, count, bytes } of grown.toSorted((a, b) => b.bytes - a.bytes).slice(0, SHOWN_MAX)) console.log(`${String(bytes).padStart(10)} bytes ${String(count).padStart(8)} more  ${key}`);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = exitCodes.refused;
}
