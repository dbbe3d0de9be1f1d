import type { ChatEvent, ChatRequest } from "../../../kernel/chat.ts";
import { throwIfAborted } from "../../../kernel/signal.ts";
import { AttemptFailure } from "../attempt-failure.ts";
import type { Attempt } from "../attempt.ts";
import { type Batches, batchOf, oneByOne, transformEvents } from "../batches.ts";
import type { Call } from "../call.ts";
import { isContent } from "../content.ts";
import type { PolicyHost } from "../policy-host.ts";
import type { Ticket } from "../policies/breaker.ts";
import type { RescueMode, RescueTried, RescueView } from "../policies/rescue.ts";
import { continued, Disagreement, newInContinuation, newInReplay } from "./resume.ts";
import { type LegUsage, summedUsage } from "./usage.ts";

export interface RescueSeams {
  readonly policyHost: PolicyHost;
  /** Begins an attempt for the rest of an answer. */
  readonly begin: (ticket: Ticket, mode: RescueMode, chat: ChatRequest) => Attempt;
  /** Deployments that failed this request before any content came. */
  readonly failedBefore: readonly string[];
}

interface Leg {
  readonly attempt: Attempt;
  readonly mode: "whole" | RescueMode;
  readonly prefixTokens: number;
  /** What the attempt gives, in one reading that may pass from hand to hand: nobody closes it by leaving. */
  readonly source: AsyncIterableIterator<readonly ChatEvent[]>;
  /** What of it is new to the client. */
  readonly events: Batches;
}

/**
 * A committed answer, made good where it breaks off: the events of its first leg, and then those of legs that go on from there. No token comes
 * twice and none is missing; what cannot be made good ends with the failure of the leg that broke first. Usage is that of all legs together.
 * Only text can be rescued: an answer that has shown anything else is not.
 */
export class Legs {
  readonly #call: Call;
  readonly #seams: RescueSeams;
  readonly #legs: Leg[];
  #original: AttemptFailure | null = null;
  /** The leg that broke last with something new delivered, and what was tried since. */
  #broken: RescueView["broken"] | null = null;
  #tried: RescueTried[] = [];
  #attempts = 0;
  /** The answer's text, and its content events, as the client has them. */
  #delivered = "";
  #tokens = 0;
  #isText = true;
  /** The model has said why it stopped: nothing is missing. */
  #finished = false;

  constructor(call: Call, first: Attempt, seams: RescueSeams) {
    this.#call = call;
    this.#seams = seams;
    const source = sharedReading(first.events());
    this.#legs = [{ attempt: first, mode: "whole", prefixTokens: 0, source, events: source }];
  }

  /** Read once. Ends with `end`, or throws `AttemptFailure`, or `Cancelled` when the client left. */
  async *events(): AsyncGenerator<readonly ChatEvent[]> {
    const { whole } = this.#legs[0]!.attempt;
    if (whole !== null) return yield whole.map((event) => this.#record(event));
    for (let leg = this.#legs[0]!; ; leg = await this.#next()) {
      const broke = yield* this.#play(leg);
      if (broke === null) return;
      if (!this.#finished) continue;
      /** The connection broke after the last word: only the provider's figures are missing. */
      yield* this.#play({ ...leg, events: this.#withSummedUsage(batchOf([{ type: "end" }])) });
      return;
    }
  }

  /** One leg up to its end (null), or to where it is of no more use; that has been written down then. */
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

  /** What a client may be told of an event, and what is to be kept of it. */
  #record(event: ChatEvent): ChatEvent {
    if (isContent(event)) {
      this.#tokens++;
      this.#call.textEvents++;
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
      case "finish":
        this.#finished = true;
        return event;
      case "usage": {
        const usage = this.#usage() ?? event.usage;
        this.#call.usage = usage;
        return { type: "usage", usage };
      }
      default:
        return event;
    }
  }

  #usage() {
    return summedUsage(this.#legs.map(({ attempt: { usage, textEvents }, prefixTokens }): LegUsage => ({ usage, textEvents, prefixTokens })));
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

  /** The other answer takes the place of the one that broke off: only for a client that has said it will not join the two. */
  async *#restart(leg: Leg, { head }: Disagreement): AsyncGenerator<readonly ChatEvent[], AttemptFailure | Disagreement | null> {
    yield [{ type: "restart", reason: this.#original?.failure ?? "truncated" }];
    this.#delivered = "";
    this.#tokens = 0;
    const events = this.#withSummedUsage(concatenated(batchOf(head.filter(({ type }) => type !== "start")), leg.source));
    return yield* this.#play({ ...leg, mode: "whole", events });
  }

  /** The leg that goes on. Throws the failure of the leg that broke first when nobody can. */
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
      const source = sharedReading(oneByOne(attempt.events()));
      const events = isContinued ? newInContinuation(source, this.#delivered) : newInReplay(source, this.#delivered);
      const leg: Leg = { attempt, mode, prefixTokens: isContinued ? this.#tokens : 0, source, events: this.#withSummedUsage(events) };
      this.#legs.push(leg);
      return leg;
    }
  }

  /** Before the end, what all legs used together: the last of them may not have said, where another has. */
  #withSummedUsage(batches: Batches): Batches {
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
      route: route.deployments,
      continuing: this.#delivered.trim() === "" ? [] : route.deployments.filter(canContinue),
      broken: this.#broken!,
      failedBefore: this.#seams.failedBefore,
      tried: this.#tried,
      attempts: this.#attempts,
    };
  }
}

/** The same reading for whoever comes next: a loop that is left does not close it. */
function sharedReading<T>(iterator: AsyncIterator<T>): AsyncIterableIterator<T> {
  const same: AsyncIterableIterator<T> = { next: () => iterator.next(), [Symbol.asyncIterator]: () => same };
  return same;
}

async function* concatenated<T>(head: AsyncIterable<T>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* head;
  yield* rest;
}
