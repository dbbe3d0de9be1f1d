import type { Json } from "../../kernel/chat.ts";
import { parseExact } from "./exact-json.ts";
import { DEPTH_MAX, isTooDeep } from "./json-depth.ts";
import { type Member, membersOf, type Patch, patched, type Span, stringEnd } from "./json-text.ts";
import type { Pause } from "./pause.ts";

/**
 * Begins the strings that stand for runs of elements. In an outline only the marks of long strings have its control
 * character, and they go on with a digit.
 */
const RUN = "\u0001run";
const RUN_AS_JSON = "\\u0001run";

interface Parsed {
  readonly value: Json;
  /** Null: they have not been looked for. */
  readonly members: readonly Member[] | null;
}

/**
 * Parses an outline as `parseExact` does, and throws as it does: first, each by itself, runs of about `piece`
 * characters of the elements of a list that is a member of the whole object, and then the rest. A conversation is such
 * a list. Throws `SyntaxError` for one that is nested too deep.
 */
export async function parseInPieces(outline: string, piece: number, pause: Pause): Promise<Parsed> {
  if (outline.length < 2 * piece) {
    if (isTooDeep(outline)) throw tooDeep();
    return { value: parseExact(outline), members: null };
  }
  const spans = await runsOf(outline, piece, pause);
  const runs: (readonly Json[])[] = [];
  for (const { start, end } of spans) {
    runs.push(elementsIn(outline.slice(start, end)));
    await pause();
  }
  const patches = spans.map((span, index) => ({ ...span, text: `"${RUN_AS_JSON}${index}"` }));
  const rest = patched(outline, patches);
  const value = parseExact(rest);
  if (runs.length === 0) return { value, members: null };
  return { value: withRuns(value as Record<string, Json>, runs), members: membersAround(patches, rest) };
}

/** The members of the outline, by those of the rest. */
function membersAround(patches: readonly Patch[], rest: string): readonly Member[] {
  let [next, shift] = [0, 0];
  /** Asked for places in their order. */
  const inOutline = (place: number) => {
    for (let patch = patches[next]; patch !== undefined && patch.start < place + shift; patch = patches[++next]) shift += patch.end - patch.start - patch.text.length;
    return place + shift;
  };
  return membersOf(rest).map(({ name, start, value }) => {
    const places = [start, value.start, value.end].map(inOutline);
    return { name, start: places[0]!, end: places[2]!, value: { start: places[1]!, end: places[2]! } };
  });
}

const tooDeep = () => new SyntaxError("nested too deep");

function elementsIn(run: string): readonly Json[] {
  const elements = parseExact(`[${run}]`) as readonly Json[];
  if (elements.length === 0) throw new SyntaxError("an element is missing");
  return elements;
}

/** UTF-16 units. */
const [QUOTE, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Of a text that is not JSON, some runs or the rest are no JSON either. */
async function runsOf(outline: string, piece: number, pause: Pause): Promise<readonly Span[]> {
  const runs: Span[] = [];
  const open: number[] = [];
  const isInList = () => open.length === 2 && open[0] === OPEN_OBJECT && open[1] === OPEN_LIST;
  let [start, paused] = [0, 0];
  for (let index = 0, next = 0; index < outline.length; index = next) {
    const unit = outline.charCodeAt(index);
    next = unit === QUOTE ? stringEnd(outline, index) : index + 1;
    if (unit === OPEN_OBJECT || unit === OPEN_LIST) {
      if (open.push(unit) > DEPTH_MAX) throw tooDeep();
      if (isInList()) start = next;
    } else if (unit === CLOSE_OBJECT || unit === CLOSE_LIST) open.pop();
    else if (unit === COMMA && isInList() && index - start >= piece) {
      runs.push({ start, end: index });
      start = next;
    }
    if (next - paused > piece) {
      paused = next;
      await pause();
    }
  }
  return runs;
}

/** The value with the runs in place of the strings that stand for them. */
function withRuns(value: Record<string, Json>, runs: readonly (readonly Json[])[]): Json {
  const elements = (item: Json) => (typeof item === "string" && item.startsWith(RUN) ? runs[Number(item.slice(RUN.length))]! : [item]);
  for (const name of Object.keys(value)) {
    const list = value[name]!;
    if (Array.isArray(list)) value[name] = list.flatMap(elements);
  }
  return value;
}
