import type { ChatEvent, ChatRequest } from "../../../kernel/chat.ts";
import { throwIfAborted } from "../../../kernel/signal.ts";
import { AttemptFailure } from "../attempt-failure.ts";
import type { Attempt } from "../attempt.ts";
import { type Batches, batchOf, oneByOne, transformEvents, withoutPiece } from "../batches.ts";
import type { Call } from "../call.ts";
import { isContent } from "../content.ts";
import { tokenCount } from "../token-runs.ts";
import type { PolicyHost } from "../policy-host.ts";
import type { Ticket } from "../policies/breaker.ts";
import type { RescueMode, RescueTried, RescueView } from "../policies/rescue.ts";
import { continued, Disagreement, newInContinuation, newInReplay } from "./resume.ts";
import { type LegUsage, rescuedUsage } from "./usage.ts";

export interface RescueSeams {
  readonly policyHost: PolicyHost;
  /** The provider of each deployment. */
  readonly providers: Readonly<Record<string, string>>;
  /** Begins an attempt for the rest of an answer. */
  readonly begin: (ticket: Ticket, mode: RescueMode, chat: ChatRequest) => Attempt;
  /** Deployments that failed this request before any content came. */
  readonly failedBefore: readonly string[];
}

interface Leg {
  readonly attempt: Attempt;
  readonly mode: "whole" | RescueMode;
  readonly prefixTokens: number;
  /** The attempt's events, in one reading that several readers may share: leaving a loop does not close it. */
  readonly source: AsyncIterableIterator<readonly ChatEvent[]>;
  /** The events that are new to the client. */
  readonly events: Batches;
}

/**
 * A committed answer that is continued where it breaks off: the events of its first leg, then those of legs that
 * continue it. No token comes twice and none is missing. What cannot be continued ends with the failure of the leg that
 * broke first. Usage is that of the answer, with what the failed legs used beside it. Only text can be rescued: an
 * answer with other content is not.
 */
export class Legs {
  readonly #call: Call;
  readonly #seams: RescueSeams;
  readonly #first: Attempt;
  readonly #legs: Leg[] = [];
  #original: AttemptFailure | null = null;
  /** The leg that broke last after delivering something new, and what was tried since. */
  #broken: RescueView["broken"] | null = null;
  #tried: RescueTried[] = [];
  #attempts = 0;
  /** The answer's text and its count of content events, as delivered. */
  #delivered = "";
  #tokens = 0;
  #isText = true;
  /** The finish reason has arrived: no content is missing. */
  #finished = false;

  constructor(call: Call, first: Attempt, seams: RescueSeams) {
    this.#call = call;
    this.#seams = seams;
    this.#first = first;
  }

  /** Read once. Ends with `end`, or throws `AttemptFailure`, or `Cancelled` when the client left. */
  events(): Batches {
    const { whole } = this.#first;
    return whole === null ? this.#flowing() : batchOf(whole.map((event) => this.#record(event)));
  }

  async *#flowing(): AsyncGenerator<readonly ChatEvent[]> {
    const source = sharedReading(this.#first.events());
    this.#legs.push({ attempt: this.#first, mode: "whole", prefixTokens: 0, source, events: source });
    for (let leg = this.#legs[0]!; ; leg = await this.#next()) {
      const broke = yield* this.#play(leg);
      if (broke === null) return;
      if (!this.#finished) continue;
      /** The connection broke after the last content: only the provider's usage is missing. */
      yield* this.#play({ ...leg, events: this.#withUsage(batchOf([{ type: "end" }])) });
      return;
    }
  }

  /** Yields one leg's events up to its end (null), or up to a failure, which has been recorded. */
  async *#play(leg: Leg): AsyncGenerator<readonly ChatEvent[], AttemptFailure | Disagreement | null> {
    const tokensBefore = this.#tokens;
    try {
      for await (const batch of leg.events) yield batch.map((event) => this.#record(event));
      return null;
    } catch (error) {
      if (error instanceof AttemptFailure) {
        this.#recordBreak(leg, error, this.#tokens > tokensBefore);
        return error;
      }
      if (!(error instanceof Disagreement)) throw error;
      if (this.#acceptsRestart) return yield* this.#restart(leg, error);
      leg.attempt.abandon();
      this.#recordTried(leg, "disagreed");
      return error;
    }
  }

  /** Records an event, and returns it as the client gets it. */
  #record(event: ChatEvent): ChatEvent {
    if (isContent(event)) {
      const tokens = tokenCount(event);
      this.#tokens += tokens;
      this.#call.textEvents += tokens;
      /** Content after a finish: the finish was not the end. */
      this.#finished = false;
    }
    switch (event.type) {
      case "text":
        this.#delivered += event.text;
        return event;
      case "tool_call":
      case "tool_arguments":
      case "embedding":
        this.#isText = false;
        return event;
      case "opaque":
        if (event.kind === "content") this.#isText = false;
        return event;
      case "finish":
        this.#finished = true;
        return event;
      case "usage": {
        this.#call.usage = event.usage;
        if (this.#legs.length <= 1) return event;
        const usage = this.#usage() ?? event.usage;
        this.#call.usage = usage;
        return { type: "usage", usage };
      }
      default:
        return event;
    }
  }

  #usage() {
    return rescuedUsage(this.#legs.map(({ attempt: { usage, textEvents }, prefixTokens }): LegUsage => ({ usage, textEvents, prefixTokens })));
  }

  #recordBreak(leg: Leg, error: AttemptFailure, hasNewContent: boolean): void {
    this.#original ??= error;
    if (hasNewContent || leg.mode === "whole") {
      this.#broken = { deployment: leg.attempt.deployment.name, failure: error.failure, isClientDeadline: error.isClientDeadline };
      this.#tried = [];
    } else this.#recordTried(leg, error.failure);
  }

  #recordTried({ attempt, mode }: Pick<Leg, "attempt" | "mode">, failure: RescueTried["failure"]): void {
    if (mode !== "whole") this.#tried.push({ deployment: attempt.deployment.name, mode, failure });
  }

  get #acceptsRestart(): boolean {
    return this.#call.wire.headers["x-accept-restart"] === "1";
  }

  /** Replaces the delivered answer by the other one: only for a client that declared that it restarts. */
  async *#restart(leg: Leg, { head }: Disagreement): AsyncGenerator<readonly ChatEvent[], AttemptFailure | Disagreement | null> {
    yield [{ type: "restart", reason: this.#original?.failure ?? "truncated" }];
    this.#delivered = "";
    this.#tokens = 0;
    const events = this.#withUsage(concatenated(batchOf(head.filter(({ type }) => type !== "start")), leg.source));
    return yield* this.#play({ ...leg, mode: "whole", events });
  }

  /** Opens the leg that continues. Throws the failure of the leg that broke first when none can. */
  async #next(): Promise<Leg> {
    for (;;) {
      throwIfAborted(this.#call.signal);
      const decision = this.#isText ? this.#seams.policyHost.rescue(this.#view()) : null;
      if (decision?.kind !== "send") throw this.#original!;
      this.#attempts++;
      const { mode } = decision;
      const isContinued = mode === "continue";
      const chat = isContinued ? continued(this.#call.chat, this.#delivered, this.#tokens) : this.#call.chat;
      const attempt = this.#seams.begin(decision.ticket, mode, chat);
      try {
        await attempt.open();
      } catch (error) {
        if (!(error instanceof AttemptFailure)) throw error;
        this.#recordTried({ attempt, mode }, error.failure);
        continue;
      }
      const source = sharedReading(oneByOne(translated(attempt.events())));
      const events = isContinued ? newInContinuation(source, this.#delivered) : newInReplay(source, this.#delivered);
      const leg: Leg = { attempt, mode, prefixTokens: isContinued ? this.#tokens : 0, source, events: this.#withUsage(events) };
      this.#legs.push(leg);
      return leg;
    }
  }

  /** Emits the usage of the answer before the end: the last of them may not have reported its own. */
  #withUsage(batches: Batches): Batches {
    return transformEvents(batches, (event, emit) => {
      const usage = event.type === "end" ? this.#usage() : null;
      if (usage !== null) emit({ type: "usage", usage });
      emit(event);
    });
  }

  #view(): Omit<RescueView, "nowMs"> {
    const { config, route, deadlineMs } = this.#call;
    const canContinue = (name: string) => config.deployments.some((deployment) => deployment.name === name && deployment.continuesPrefix === true);
    return {
      deadlineMs,
      settings: config.policy,
      providers: this.#seams.providers,
      route: route.deployments,
      continuing: this.#delivered.trim() === "" ? [] : route.deployments.filter(canContinue),
      broken: this.#broken!,
      failedBefore: this.#seams.failedBefore,
      tried: this.#tried,
      attempts: this.#attempts,
    };
  }
}

/**
 * A leg's answer in the gateway's own words: its provider's would not fit between those of the first leg. What has no
 * word there cannot continue it.
 */
function translated(batches: Batches): Batches {
  return transformEvents(batches, (event, emit) => {
    if (event.type !== "opaque") emit(withoutPiece(event));
    else if (event.kind === "content") throw new Disagreement([]);
  });
}

/** One reading for several readers: leaving a loop does not close it. */
function sharedReading<T>(iterator: AsyncIterator<T>): AsyncIterableIterator<T> {
  const same: AsyncIterableIterator<T> = { next: () => iterator.next(), [Symbol.asyncIterator]: () => same };
  return same;
}

async function* concatenated<T>(head: AsyncIterable<T>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* head;
  yield* rest;
}
