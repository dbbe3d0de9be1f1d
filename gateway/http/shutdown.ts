import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Gateway } from "../core/contracts.ts";
import { closeServer, countOpen, type OpenRequests } from "./listening.ts";

/** How long the last words to clients may take, after which their connections are closed. */
const LAST_WORDS_MS = 1_000;
const FINISH_MS = 100;

/** How often it is looked whether a drain is over. */
const POLL_MS = 20;

interface ShutdownOptions {
  readonly gateway: Gateway;
  readonly drainMs: number;
  /** What the gateway runs on, once nothing uses it any more. */
  readonly release: () => Promise<void>;
}

/**
 * The end of a gateway's process: new requests are refused, those in flight may finish for `drainMs`, what is left is
 * cut, and its clients get an error.
 */
export class Shutdown {
  readonly #options: ShutdownOptions;
  #drainUntilMs = 0;
  #ended: Promise<void> | null = null;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  get isBegun(): boolean {
    return this.#ended !== null;
  }

  /** Returns what ends that server, once however often it is called. */
  of(app: FastifyInstance): () => Promise<void> {
    const open = countOpen(app);
    return () => (this.#ended ??= this.#end(app, open));
  }

  /** Cuts at once what is waited for. */
  endDrain(): void {
    this.#drainUntilMs = 0;
  }

  async #end(app: FastifyInstance, open: OpenRequests): Promise<void> {
    const { gateway, drainMs, release } = this.#options;
    this.#drainUntilMs = performance.now() + drainMs;
    gateway.drain();
    open.endConnections();
    await until(() => open.responses === 0 || performance.now() >= this.#drainUntilMs);
    gateway.cutOpenAnswers();
    await until(() => open.responses === 0, LAST_WORDS_MS);
    await closeServer(app);
    await untilRequestsFinished(gateway);
    await release();
  }
}

/** Polls, so that responses need not report their end. */
async function until(isReached: () => boolean, msMax = Infinity): Promise<void> {
  const lastMs = performance.now() + msMax;
  while (!isReached() && performance.now() < lastMs) await sleep(POLL_MS);
}

/**
 * The server counts a connection as closed before its request is cancelled: wait until cut requests have emitted
 * `finished`.
 */
async function untilRequestsFinished(gateway: Gateway): Promise<void> {
  const untilMs = performance.now() + FINISH_MS;
  while (gateway.state().inFlight > 0 && performance.now() < untilMs) await nextTurn();
}
