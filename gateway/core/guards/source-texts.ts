import type { LongString, LongText, RequestSource, WireFormat } from "../../../kernel/chat.ts";
import {
  elementsOf, type Item, membersNamed, membersOf, type Patch, patched, type Scalar, type Span, stringAt, visitScalars, visitScalarsInPieces,
} from "../json-text.ts";
import { markedString, withChanges } from "../long-text.ts";
import type { Pause } from "../pause.ts";

/** The strings of a request in its own words: every one that a person or a program may have filled in. */

/**
 * Fields in which the format has words of its own. Everything under another field is the caller's, whatever its key.
 */
const structured: ReadonlySet<string> = new Set(["model", "messages", "system", "tools", "tool_choice", "functions", "function_call", "response_format", "output_config", "thinking"]);

/** The same of OpenAI's Responses API: its turns are in `input`. */
const structuredResponses: ReadonlySet<string> = new Set([...structured, "input", "instructions", "text", "reasoning", "include", "previous_response_id", "conversation", "context_management"]);

/** Where the turns of a format are. */
const turnsIn: Readonly<Record<WireFormat, "messages" | "input">> = { openai: "messages", anthropic: "messages", openai_responses: "input" };

/** Keys of the format whose values are names and identifiers: changing them breaks the request. */
const fixed: ReadonlySet<string> = new Set(["model", "role", "name", "id", "type", "tool_call_id", "tool_use_id", "media_type", "call_id", "item_id", "previous_response_id"]);

/** Under these keys stands what a model or a program wrote, with keys of its own. */
const free: ReadonlySet<string> = new Set(["input", "metadata", "variables"]);

/** What a provider signed or encrypted: it is not readable, and changing it breaks the request. */
const sealed: ReadonlySet<string> = new Set(["signature", "encrypted_content", "encrypted_index", "thought_signature", "thoughtSignature"]);

const identifier = /^[a-z_][\w.:/-]*$/i;
/** The bytes of an image, a sound, a file. */
const encodedBytes = /^(?:data:[^,]{0,200};base64,|[\w+/-]{200,}={0,2}$)/i;

/** `isJson`: the text is the arguments of a call, or a number among them. */
type Change = (text: string, isJson: boolean) => string;

/** A text of a source, and where it begins. */
interface TextAt {
  readonly value: string;
  readonly start: number;
  readonly isString: boolean;
}

interface Reading {
  readonly texts: readonly TextAt[];
  readonly isUnreadable: boolean;
  /** Of a source that was read in pieces: what users and tools wrote. */
  readonly outside?: readonly string[];
}

/** Several guards read a short request one after the other. */
let lastReading: { readonly source: RequestSource; readonly reading: Reading } | null = null;

/** Of long requests that were read in pieces. */
const longReadings = new WeakMap<RequestSource, Reading>();

function readingOf(source: RequestSource): Reading {
  const known = longReadings.get(source);
  if (known !== undefined) return known;
  if (lastReading?.source === source) return lastReading.reading;
  const reading = read(source);
  lastReading = source.long === undefined ? { source, reading } : null;
  return reading;
}

function read({ format, text, long }: RequestSource): Reading {
  const texts: TextAt[] = [];
  let isUnreadable = false;
  const inspect = (value: string, path: readonly string[]) => void (isUnreadable ||= holdsMedia(value, path, format));
  visitScalars(text, scalarVisitor({ format, text, long }, (value, scalar) => void texts.push(textAt(value, scalar)), inspect));
  return { texts, isUnreadable };
}

const textAt = (value: string, { start, kind }: Scalar): TextAt => ({ value, start, isString: kind === "string" });

/** Reads a long source in pieces, so that the functions below have nothing left to read. */
export async function readLongSource(source: LongSource, pause: Pause): Promise<void> {
  if (longReadings.has(source)) return;
  const { format, text, long } = source;
  const texts: TextAt[] = [];
  const [fields, turns]: [string[], string[]] = [[], []];
  let [isUnreadable, itemFrom] = [false, 0];
  const inspect = (value: string, path: readonly string[]) => void (isUnreadable ||= holdsMedia(value, path, format));
  const visit = scalarVisitor({ format, text, long }, (value, scalar) => void texts.push(textAt(value, scalar)), inspect);
  const onItem = (item: Item) => {
    const kind = outsideKind(item, format, text);
    const strings = kind === null ? [] : texts.slice(itemFrom).filter(({ isString }) => isString);
    for (const { value } of strings) (kind === "turn" ? turns : fields).push(value);
    itemFrom = texts.length;
  };
  await visitScalarsInPieces(text, { visit, onItem, pause });
  longReadings.set(source, { texts, isUnreadable, outside: fields.concat(turns) });
}

/** Null: the application wrote it. */
function outsideKind({ member, isElement, start }: Item, format: WireFormat, text: string): "turn" | "field" | null {
  if (member === turnsIn[format] && isElement) return isApplications(text, start) ? null : "turn";
  return (format === "openai_responses" ? applicationsResponses : applications).has(member) ? null : "field";
}

/** Every text in the source. */
export function textsOfSource(source: RequestSource): readonly string[] {
  return readingOf(source).texts.map(({ value }) => value);
}

/** The source with every text replaced by `change`. All other characters stay. */
export function mapSource(source: RequestSource, change: Change): RequestSource {
  const { visit, outline: patches } = patching({ format: source.format, text: source.text, long: undefined }, change);
  visitScalars(source.text, visit);
  if (patches.length === 0) return source;
  const { long: _, members: _members, ...rest } = source;
  return { ...rest, text: patched(source.text, patches) };
}

/** A request in its own words that was read in pieces. */
export type LongSource = RequestSource & { readonly long: LongText };

export function isLongSource(source: RequestSource): source is LongSource {
  return source.long !== undefined;
}

/** The same of a long source. */
export async function mapLongSource(source: LongSource, change: Change, pause: Pause): Promise<RequestSource> {
  const { format, text, long } = source;
  const { visit, outline, strings } = patching({ format, text, long }, change);
  await visitScalarsInPieces(text, { visit, pause });
  if (outline.length === 0 && strings.size === 0) return source;
  const changedOutline = patched(text, outline);
  await pause();
  const changed = await withChanges(long, { outline: changedOutline, strings }, pause);
  const { members: _, ...rest } = source;
  return { ...rest, ...changed };
}

interface Readable extends Pick<RequestSource, "format" | "text"> {
  /** Its long strings, where `text` is an outline, or a part of one. */
  readonly long: LongText | undefined;
}

interface Patching {
  /** Of each scalar in turn. It fills in the patches of what is to be read, and the new values of its long strings. */
  readonly visit: (scalar: Scalar) => void;
  readonly outline: readonly Patch[];
  readonly strings: ReadonlyMap<LongString, string>;
}

function patching(readable: Readable, change: Change): Patching {
  const outline: Patch[] = [];
  const strings = new Map<LongString, string>();
  const visit = scalarVisitor(readable, (value, { start, end, kind, path }, longString) => {
    const changed = change(value, kind === "number" || path.at(-1) === "arguments");
    if (changed === value) return;
    if (longString !== null) strings.set(longString, changed);
    else outline.push({ start, end, text: kind === "number" ? changed : JSON.stringify(changed) });
  });
  return { visit, outline, strings };
}

type VisitText = (value: string, scalar: Scalar, longString: LongString | null) => void;

/** `inspect` gets every string that is a value, whatever it is. */
function scalarVisitor({ format, text, long }: Readable, visit: VisitText, inspect?: (value: string, path: readonly string[]) => void) {
  const own = format === "openai_responses" ? structuredResponses : structured;
  return (scalar: Scalar): void => {
    const { kind, path } = scalar;
    if (kind !== "string" && !isFree(path, own)) return;
    if (kind === "number") return visit(text.slice(scalar.start, scalar.end), scalar, null);
    const { value, longString } = stringOf(text, scalar, long);
    if (kind === "string") inspect?.(value, path);
    const key = kind === "name" ? "" : (path.at(-1) ?? "");
    const isKept = sealed.has(key) || encodedBytes.test(value) || (fixed.has(key) && identifier.test(value) && !isFree(path, own));
    if (!isKept) visit(value, scalar, longString);
  };
}

/** Whether the names in a place are the caller's own. */
function isFree(path: readonly string[], own: ReadonlySet<string>): boolean {
  return !own.has(path[0] ?? "model") || path.some((name, index) => free.has(name) && (index > 0 || !own.has(name)));
}

function stringOf(text: string, span: Span, long: LongText | undefined): { readonly value: string; readonly longString: LongString | null } {
  const value = stringAt(text, span);
  const longString = long === undefined ? null : markedString(value, long);
  return { value: longString?.value ?? value, longString };
}

/** An answer, or a piece of one, with every text replaced by `change`. Names, identifiers and signatures stay. */
export function mapAnswerTexts(data: string, change: Change): string {
  const patches: Patch[] = [];
  visitScalars(data, ({ kind, start, end, path }) => {
    const key = path.at(-1) ?? "";
    if (kind !== "string" || sealed.has(key)) return;
    const value = stringAt(data, { start, end });
    if (encodedBytes.test(value) || (fixed.has(key) && identifier.test(value) && !path.includes("input"))) return;
    const changed = change(value, key === "arguments" || key === "partial_json");
    if (changed !== value) patches.push({ start, end, text: JSON.stringify(changed) });
  });
  return patched(data, patches);
}

/** Fields that the application wrote, not its users. */
const applications: ReadonlySet<string> = new Set([
  "model", "system", "tools", "tool_choice", "functions", "function_call", "response_format", "output_config",
  "stop", "stop_sequences", "stream_options", "user", "metadata", "service_tier", "safety_identifier",
  "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "reasoning_effort", "verbosity", "logit_bias",
]);

/** The same of OpenAI's Responses API. */
const applicationsResponses: ReadonlySet<string> = new Set([...applications, "instructions", "text", "reasoning", "include", "previous_response_id", "conversation"]);

/** What users and tools wrote: their messages with all that is in them, and fields that nobody here knows. */
export function outsideTextsOfSource(source: RequestSource): readonly string[] {
  const { outside, texts } = readingOf(source);
  if (outside !== undefined) return outside;
  const { format, text } = source;
  const members = source.members ?? membersOf(text);
  const items = members.flatMap(({ name: member, value: { start, end } }): readonly Item[] =>
    member === turnsIn[format] && text[start] === "[" ? elementsOf(text, start).map((element) => ({ member, isElement: true, ...element })) : [{ member, isElement: false, start, end }],
  );
  const byKind = Map.groupBy(items, (item) => outsideKind(item, format, text));
  const strings = texts.filter(({ isString }) => isString);
  return [...(byKind.get("field") ?? []), ...(byKind.get("turn") ?? [])].flatMap((span) => textsWithin(strings, span));
}

/** The texts that begin in a span. They are in order, and a long conversation has thousands. */
function textsWithin(texts: readonly TextAt[], { start, end }: Span): readonly string[] {
  const from = firstFrom(texts, start);
  return texts.slice(from, firstFrom(texts, end)).map(({ value }) => value);
}

/** The index of the first text that begins at `place` or after it. */
function firstFrom(texts: readonly TextAt[], place: number): number {
  let [low, high] = [0, texts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (texts[middle]!.start < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isApplications(text: string, start: number): boolean {
  if (text[start] !== "{") return false;
  const members = membersOf(text, start);
  const isNamed = (name: string, values: readonly string[]) =>
    membersNamed(members, name).some(({ value }) => text[value.start] === '"' && values.includes(stringAt(text, value)));
  return isNamed("role", ["system", "developer", "assistant"]) || isNamed("type", ["function_call", "reasoning"]);
}

/** Kinds of part that hold an image, a sound or a file. */
const mediaTypes: ReadonlySet<string> = new Set(["image_url", "input_image", "image", "input_audio", "file", "input_file", "video_url", "container_upload"]);

/** Whether the source holds what no guard can read: images, sounds, files, other bytes. */
export function hasUnreadable(source: RequestSource): boolean {
  return readingOf(source).isUnreadable;
}

function holdsMedia(value: string, path: readonly string[], format: WireFormat): boolean {
  const key = path.at(-1);
  if (sealed.has(key ?? "")) return false;
  const isMedia = key === "type" && path[0] === turnsIn[format] && !path.includes("input", 1) && mediaTypes.has(value);
  const isRemote = (key === "url" || key === "file_id") && path.at(-2) === "source";
  return isMedia || isRemote || encodedBytes.test(value);
}
