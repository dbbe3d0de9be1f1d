import type { ChatEvent, JsonObject, WireFormat, WirePiece } from "../../kernel/chat.ts";
import type { Headers, TransportResponse } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { MalformedAnswer } from "../core/contracts.ts";
import { tokenEvent } from "../core/token-runs.ts";
import type { ChunkRun } from "./chunk-pattern.ts";
import { isHeartbeatName, requireObject } from "./json.ts";
import { type RunReader, SseParser, type SseEvent } from "./sse.ts";

/**
 * Larger than any chat answer: a body above it is not an answer. Bytes of a JSON body, UTF-16 units of one stream
 * event.
 */
const ANSWER_SIZE_MAX = 16 * 1024 * 1024;

/**
 * Bytes of one vector as JSON: 4,096 numbers, the most that models give, of 17 digits each and what is between them.
 */
const VECTOR_SIZE_MAX = 96 * 1024;

/**
 * What the piece that was read last is to a client of the same format. `known`: the events say all that it says.
 * `content`, `frame`, `aside`: it says something else, or something more (`ChatEvent`, type `opaque`). Null: it is not
 * passed on as it came, because it is not what the format asks for, or means nothing.
 */
export type Passage = "known" | "content" | "frame" | "aside" | null;

/** A dialect's reader of an answer, apart from framing. */
export interface AnswerReader {
  /** Of the last `whole` or `next`. Absent: no client speaks this format. */
  readonly passage?: Passage;
  /** Events of a JSON body, and of the text that it was. Throws `MalformedAnswer`. */
  whole(body: JsonObject, text: string): readonly ChatEvent[];
  /** Events of one stream event. Keeps the state that later ones need. Throws `MalformedAnswer`. */
  next(event: SseEvent): readonly ChatEvent[];
  /**
   * Reads pieces that `next` would read as one text each, and whose passage is `known`. Absent: this dialect has none
   * that can be known before they are read.
   */
  readonly runs?: RunReader;
  /**
   * The stream has ended without a terminal event. Throws `ContractBreach` where what came may have been an answer
   * under other names. Absent: nothing to check.
   */
  ended?(): void;
  /** The body's error object, where it is one. */
  errorIn(body: JsonObject): ChatEvent | null;
}

/**
 * Events of a 2xx answer, in batches of one read, whether it comes as what was requested or as the other: servers that
 * cannot stream send JSON, and some stream always. Nothing follows `end` or `error`. A stream that stops without either
 * just ends. Reading on after `end` drains the body, so that its connection can be reused. Closing early closes the
 * connection. Throws `MalformedAnswer`. `TransportError` passes through.
 */
export async function* readAnswer(response: TransportResponse, stream: boolean, reader: AnswerReader, { vectors = 0, keeps = null, onKeepAlive = () => {} }: ReadOptions = {}): AsyncGenerator<readonly ChatEvent[]> {
  requireUnencoded(response.headers);
  const named = contentKind(response.headers) ?? (stream ? "stream" : "json");
  const body = stream && named === "json" ? await peeked(response.body) : { bytes: response.body, isStream: false };
  const kind = body.isStream ? "stream" : named;
  if (kind === "other") throw new MalformedAnswer(`Content type is neither JSON nor an event stream`);
  const sizeMax = ANSWER_SIZE_MAX + vectors * VECTOR_SIZE_MAX;
  /** Of another form than was asked for, its pieces are not what the client reads. */
  const kept = stream === (kind === "stream") ? keeps : null;
  if (kind === "json") yield wholeEvents(await wholeText(body.bytes, sizeMax), reader, kept);
  else yield* streamEvents(body.bytes, reader, { keeps: kept, onKeepAlive });
}

/**
 * A body that calls itself JSON, and whether it is a stream all the same, by its first bytes: some gateways send what
 * was asked for under the other type (openclaw/openclaw pull request 97454).
 */
async function peeked(body: AsyncIterable<Uint8Array>): Promise<{ readonly bytes: AsyncIterable<Uint8Array>; readonly isStream: boolean }> {
  const source = body[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array> | null = await source.next();
  const isStream = first.done !== true && /^\s*(?:data|event|id|retry)?:/.test(utf8Text(first.value.subarray(0, 64)));
  const next = async () => {
    const result = first ?? (await source.next());
    first = null;
    return result;
  };
  return { bytes: { [Symbol.asyncIterator]: () => ({ next, return: async () => (await source.return?.()) ?? { done: true, value: undefined } }) }, isStream };
}

/** `keeps`: the format whose pieces are kept as they came; null: none. */
export interface ReadOptions {
  readonly vectors?: number | undefined;
  readonly keeps?: WireFormat | null;
  /** Called when a stream brought comments or heartbeats and no event of the answer. */
  readonly onKeepAlive?: (() => void) | undefined;
}

function wholeEvents(text: string, reader: AnswerReader, keeps: WireFormat | null): readonly ChatEvent[] {
  const read = reader.whole(requireObject(text, "Answer"), text);
  const last = read.at(-1);
  const events: ChatEvent[] = [];
  addEvents(events, last?.type === "end" ? read.slice(0, -1) : read, { event: "", data: text }, { passage: reader.passage, keeps });
  if (last?.type === "end") events.push(last);
  return events;
}

/**
 * Adds the events of a piece, with the piece, where it may be passed on as it came. Returns whether one of them ends
 * the answer: those after it are left out.
 */
function addEvents(events: ChatEvent[], read: readonly ChatEvent[], { event, data }: SseEvent, { passage = null, keeps }: { readonly passage?: Passage | undefined; readonly keeps: WireFormat | null }): boolean {
  const opaque = keeps === null || passage === null || passage === "known" ? null : passage;
  const wire: WirePiece | null = keeps === null || passage === null ? null : { format: keeps, event, data, count: read.length + (opaque === null ? 0 : 1) };
  for (const one of read) {
    events.push(wire === null ? one : withPiece(one, wire));
    if (one.type === "end" || one.type === "error") return true;
  }
  if (opaque !== null) events.push({ type: "opaque", kind: opaque, wire: wire! });
  return false;
}

/** Nearly all events of a stream are texts, and copying any event costs several times as much. */
function withPiece(event: ChatEvent, wire: WirePiece): ChatEvent {
  return event.type === "text" ? { type: "text", text: event.text, wire } : { ...event, wire };
}

/** The transport undoes those that it knows. Compressed bytes would pass for a stream without content. */
function requireUnencoded({ "content-encoding": encoding = "" }: Headers): void {
  if (encoding.trim() !== "" && encoding !== "identity") throw new MalformedAnswer("Answer is content-encoded, although no encoding was requested");
}

/**
 * Null: the type says nothing, and the body is read as what was requested. Servers and proxies send text/plain for both
 * (OpenAI-compatible workers), and a header that came twice says the same twice.
 */
function contentKind(headers: Headers): "json" | "stream" | "other" | null {
  const type = headers["content-type"]?.split(/[;,]/)[0]?.trim().toLowerCase() ?? "";
  if (unspecific.has(type)) return null;
  if (type === "text/event-stream") return "stream";
  return type === "application/json" || type.endsWith("+json") || type === "text/json" ? "json" : "other";
}

const unspecific: ReadonlySet<string> = new Set(["", "text/plain", "application/octet-stream", "binary/octet-stream"]);

async function* streamEvents(body: AsyncIterable<Uint8Array>, reader: AnswerReader, { keeps, onKeepAlive }: Required<Pick<ReadOptions, "keeps">> & { readonly onKeepAlive: () => void }): AsyncGenerator<readonly ChatEvent[]> {
  const parser = new SseParser();
  let last: ChatEvent["type"] | null = null;
  for await (const bytes of body) {
    if (last === "end") continue;
    const { comments } = parser;
    parser.add(bytes);
    const { events, broken, hasHeartbeat } = newEvents(parser, reader, keeps);
    if (events.length > 0) yield events;
    if (broken !== null) throw broken;
    if (events.length === 0 && (parser.comments > comments || hasHeartbeat)) onKeepAlive();
    last = events.at(-1)?.type ?? null;
    if (last === "error") return;
    if (parser.pending > ANSWER_SIZE_MAX) throw new MalformedAnswer("Stream event is too large");
  }
  if (last === "end") return;
  /**
   * The HTTP message is complete, so its last event may be whole though no blank line follows it. What is not whole
   * JSON was cut off, and says nothing.
   */
  const left = parser.end();
  const { events } = newEvents({ next: () => left.shift() ?? null, run: () => null }, reader, keeps);
  if (events.length > 0) yield events;
  if (events.at(-1)?.type !== "end") reader.ended?.();
}

interface NewEvents {
  readonly events: readonly ChatEvent[];
  /** The error of a malformed one, before which they stop; null: none. */
  readonly broken: unknown;
  /** An event came before them that only keeps the connection alive. */
  readonly hasHeartbeat: boolean;
}

/** Where events of a stream come from. */
type SseSource = Pick<SseParser, "next" | "run">;

/** Events up to the first that ends the answer, or up to a malformed one. */
function newEvents(source: SseSource, reader: AnswerReader, keeps: WireFormat | null): NewEvents {
  const events: ChatEvent[] = [];
  const { runs } = reader;
  let hasHeartbeat = false;
  try {
    for (;;) {
      const run = runs === undefined ? null : source.run(runs);
      if (run !== null) events.push(runEvent(run, keeps));
      const sseEvent = source.next();
      if (sseEvent === null) break;
      if (events.length === 0 && isHeartbeatName(sseEvent.event)) hasHeartbeat = true;
      const read = reader.next(sseEvent);
      if (addEvents(events, read, sseEvent, { passage: reader.passage, keeps })) break;
    }
  } catch (error) {
    return { events, broken: error, hasHeartbeat };
  }
  return { events, broken: null, hasHeartbeat };
}

/** The event of chunks that differ in one text only. */
function runEvent({ event, tokens, around, data }: ChunkRun, keeps: WireFormat | null): ChatEvent {
  const text = tokens.join("");
  if (keeps === null) return tokens.length === 1 ? { type: "text", text } : { type: "text", text, tokens };
  if (tokens.length === 1) return tokenEvent(text, { format: keeps, event, around });
  return { type: "text", text, tokens, wire: { format: keeps, event, data, count: 1, around } };
}

async function wholeText(body: AsyncIterable<Uint8Array>, sizeMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > sizeMax) throw new MalformedAnswer("Body is too large");
    chunks.push(chunk);
  }
  if (chunks.length === 1) return utf8Text(chunks[0]!);
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return utf8Text(whole);
}
