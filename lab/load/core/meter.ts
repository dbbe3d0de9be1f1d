import type { Clock } from "../../../kernel/clock.ts";
import { packageHeader } from "../../../kernel/package-header.ts";
import type { ClientRecord } from "../../../kernel/records.ts";
import type { TransportResponse } from "../../../kernel/transport.ts";
import { utf8Stream } from "../../../kernel/utf8.ts";
import { noAnswer, readEvent, readWhole, unreadable, type Answer } from "./answer.ts";
import { EventStreamReader } from "./sse.ts";
import { WordPattern } from "./word-pattern.ts";

/** The part of a `ClientRecord` that comes from the system's answer, complete or not. */
export type AnswerFacts = Pick<ClientRecord, "status" | "claimedDeployment" | "package" | "replica" | "bypass" | "firstByteMs" | "firstTokenMs" | "gapMsMax"> & Answer;

/** The facts of a request that got no answer. */
export const noFacts: AnswerFacts = { status: null, claimedDeployment: null, firstByteMs: null, firstTokenMs: null, gapMsMax: null, ...noAnswer };

/**
 * A longer answer is not read any further, so that a server that never stops fills neither the memory nor a line of the
 * tap.
 */
const answerCharsMax = 2 ** 21;

/** Set by the shim of break-glass, which shares no code with anybody: the provider's name. */
const bypassHeader = "x-blastlab-bypass";
const providerCharsMax = 200;

/** Longer than the name of any package: a version and 64 hexadecimal digits. */
const packageCharsMax = 100;
/** Longer than the name of any replica of an edge. */
const replicaCharsMax = 100;

/**
 * Reads one answer as its bytes come, and stamps them on the clock's timeline. The embedded client and the relay both
 * measure with it, so that their records of the same answer differ only by the time between the two. `facts` can be
 * read at any time.
 */
export class AnswerMeter {
  readonly #clock: Clock;
  #status: number | null = null;
  #claimedDeployment: string | null = null;
  #package: string | undefined = undefined;
  #replica: string | undefined = undefined;
  #bypass: string | undefined = undefined;
  #firstByteMs: number | null = null;
  #firstTokenMs: number | null = null;
  #lastTokenMs: number | null = null;
  #gapMsMax: number | null = null;
  #answer: Answer = noAnswer;
  /** The answer's text in parts. They may be cut from what the network brought: joined they keep none of it alive. */
  readonly #text: string[] = [];
  #chars = 0;
  #overlong = false;
  /** Null for an answer that is not a stream. */
  #events: EventStreamReader | null = null;
  readonly #words = new WordPattern();
  readonly #decoder = utf8Stream();
  #body = "";
  readonly #contentMs: (() => number) | null;

  /** `contentMs`: when the content was due that is read now; null: content counts as it comes. */
  constructor(clock: Clock, contentMs: (() => number) | null = null) {
    this.#clock = clock;
    this.#contentMs = contentMs;
  }

  /** The status and headers have come. */
  begin({ status, headers }: Pick<TransportResponse, "status" | "headers">): void {
    this.#firstByteMs = this.#clock.nowMs();
    this.#status = status;
    this.#claimedDeployment = headers["x-blastlab-deployment"] ?? null;
    this.#bypass = headers[bypassHeader]?.slice(0, providerCharsMax);
    this.#package = headers[packageHeader]?.slice(0, packageCharsMax);
    this.#replica = headers["x-blastlab-replica"]?.slice(0, replicaCharsMax);
    if (headers["content-type"]?.startsWith("text/event-stream") === true) this.#events = new EventStreamReader();
  }

  push(chunk: Uint8Array): void {
    if (this.#overlong) return;
    if (this.#events === null) this.#body += this.#decoder.push(chunk);
    else this.#readEvents(this.#events.push(chunk));
    if (this.#body.length > answerCharsMax || this.#chars > answerCharsMax || this.#events?.overlong === true) this.#stopReading();
  }

  /**
   * The message is complete by HTTP's framing. An answer that is not a stream is read only now, because a part of it is
   * not JSON.
   */
  complete(): void {
    if (this.#events === null && !this.#overlong) this.#take(readWhole(this.#body + this.#decoder.end()));
  }

  /** The body of an error, as far as it came. Undefined: it is no error, or a stream. */
  get errorBody(): string | undefined {
    return this.#events === null && this.#status !== null && this.#status >= 400 && this.#body !== "" ? this.#body : undefined;
  }

  get facts(): AnswerFacts {
    const times = { firstByteMs: this.#firstByteMs, firstTokenMs: this.#firstTokenMs, gapMsMax: this.#gapMsMax };
    return { status: this.#status, claimedDeployment: this.#claimedDeployment, ...(this.#package !== undefined && { package: this.#package }), ...(this.#replica !== undefined && { replica: this.#replica }), ...(this.#bypass !== undefined && { bypass: this.#bypass }), ...times, ...this.#answer, text: this.#text.join("") };
  }

  #readEvents(events: readonly string[]): void {
    const before = this.#chars;
    for (const data of events) {
      const had = this.#chars;
      this.#readEvent(data);
      if (this.#contentMs !== null && this.#chars > had) this.#stampWord(this.#contentMs());
    }
    if (this.#contentMs === null && this.#chars > before) this.#stampToken(this.#clock.nowMs());
  }

  #readEvent(data: string): void {
    const word = this.#words.wordOf(data);
    if (word !== null) {
      this.#addText(word);
      return;
    }
    this.#take(readEvent({ ...this.#answer, text: "" }, data));
    this.#words.learn(data);
  }

  #take(answer: Answer): void {
    this.#answer = answer;
    this.#addText(answer.text);
  }

  #addText(text: string): void {
    this.#text.push(text);
    this.#chars += text.length;
  }

  /** Words that are due at once are one token. */
  #stampWord(dueMs: number): void {
    if (dueMs !== this.#lastTokenMs) this.#stampToken(dueMs);
  }

  #stampToken(nowMs: number): void {
    this.#firstTokenMs ??= nowMs;
    if (this.#lastTokenMs !== null) this.#gapMsMax = Math.max(this.#gapMsMax ?? 0, nowMs - this.#lastTokenMs);
    this.#lastTokenMs = nowMs;
  }

  #stopReading(): void {
    this.#overlong = true;
    this.#body = "";
    this.#answer = { ...this.#answer, errorCode: this.#answer.errorCode ?? unreadable };
  }
}
