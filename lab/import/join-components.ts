import { worstSpans } from "./component-spans.ts";
import type { Reading, StatusEntry } from "./entry.ts";
import { levels, worstImpact } from "./impact.ts";

/** Rows of one incident are near each other in a file. So many incidents are open at once, which bounds the memory. */
const openMax = 64;

interface Group {
  entry: StatusEntry;
  readonly keys: Set<string>;
}

/**
 * Joins rows that are one incident: files list an incident once for each of its components. They share its address on
 * the page, its id, or title, start and end; they name different components, and their times meet. `onJoined` is called
 * for each row that became part of an earlier one.
 */
export async function* joinComponents(readings: AsyncIterable<Reading>, onJoined: () => void): AsyncGenerator<Reading> {
  const open: Group[] = [];
  for await (const reading of readings) {
    if (reading.kind !== "entry") {
      yield reading;
      continue;
    }
    const keys = keysOf(reading.entry);
    const group = open.find((one) => keys.some((key) => one.keys.has(key)) && belongs(reading.entry, one.entry));
    if (group === undefined) open.push({ entry: reading.entry, keys: new Set(keys) });
    else {
      group.entry = joined(group.entry, reading.entry);
      for (const key of keys) group.keys.add(key);
      onJoined();
    }
    if (open.length > openMax) yield { kind: "entry", entry: open.shift()!.entry };
  }
  for (const { entry } of open) yield { kind: "entry", entry };
}

function keysOf({ provider, url, id, title, spans }: StatusEntry): readonly string[] {
  // The address of a page itself is that of all its incidents.
  const address = url !== null && (URL.parse(url)?.pathname.length ?? 0) > 1 ? [`${provider} url ${url}`] : [];
  return [...address, ...(id === null ? [] : [`${provider} id ${id}`]), `${provider} ${spans[0]!.startMs} ${spans.at(-1)!.endMs} ${title}`];
}

function belongs(entry: StatusEntry, group: StatusEntry): boolean {
  const other = group.components.length > 0 && entry.components.some((component) => !group.components.includes(component));
  return other && entry.spans[0]!.startMs <= group.spans.at(-1)!.endMs && entry.spans.at(-1)!.endMs >= group.spans[0]!.startMs;
}

function joined(a: StatusEntry, b: StatusEntry): StatusEntry {
  const worst = (entry: StatusEntry) => levels[worstImpact(entry.spans.map(({ impact }) => impact))].errorRate;
  const both = (part: "start" | "end" | "phases") => (a.times[part] === b.times[part] ? a.times[part] : "page");
  return {
    ...a,
    id: a.id === null || b.id === null ? (a.id ?? b.id) : commonId(a.id, b.id),
    title: a.title ?? b.title,
    components: [...new Set([...a.components, ...b.components])],
    severity: worst(b) > worst(a) ? b.severity : a.severity,
    spans: worstSpans([...a.spans, ...b.spans]),
    times: { start: both("start"), end: both("end"), phases: both("phases") },
    url: a.url ?? b.url,
  };
}

/** `1p98mj17s1z2` of `1p98mj17s1z2-rwppv331jlwc` and `1p98mj17s1z2-0qbwn08sd68x`: some files add the component's id. */
function commonId(a: string, b: string): string {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  const prefix = a.slice(0, length).replace(/[^a-z0-9]+[a-z0-9]*$/i, "");
  return a === b || a.startsWith(`${b}-`) || prefix === "" ? (a.length <= b.length ? a : b) : prefix;
}
