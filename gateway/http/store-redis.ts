import { createClient } from "@redis/client";
import { messageOf } from "../../kernel/errors.ts";
import type { Clock } from "../../kernel/clock.ts";
import { type Draw, type Drawn, type Store, StoreError } from "../../kernel/seams.ts";
import { type Correction, correctionsOf, settledOnce } from "../core/limits/settled-once.ts";
import { reserveScript, type RedisScript, settleScript } from "./store-redis-scripts.ts";

const CONNECT_MS = 2_000;
const RECONNECT_MS = { min: 50, max: 2_000 } as const;
/** A deadline that fires this late means that the process was busy. Then the answer gets a grace time. */
const STALL_MS = 2;
const GRACE_MS = 10;
/** For the settlement of a reservation whose answer came too late to be used. */
const RETURN_MS = 1_000;

export interface RedisStoreOptions {
  readonly clock: Clock;
  /** `redis://host:port/0`, without a password. */
  readonly url: string;
  /** Called at each connect, so that a password is rotated without restart; null: no password. */
  readonly password: (() => Promise<string>) | null;
}

/** It keeps trying; until it is connected each call reports its own failure. */
const ignoreFailedConnect = () => {};

/**
 * The store that several gateways share, in Redis. Each call is one command or one script, hence atomic, and answers by
 * its deadline or rejects with `StoreError`. Nothing waits for a connection, and nothing is sent twice. Redis' own
 * clock ends the windows.
 */
export class RedisStore implements Store {
  readonly #clock: Clock;
  readonly #client: ReturnType<typeof createClient>;

  /** Connects in the background and keeps trying: a gateway starts, and runs, without its Redis. */
  constructor({ clock, url, password }: RedisStoreOptions) {
    this.#clock = clock;
    this.#client = createClient({
      url,
      ...(password !== null && { credentialsProvider: { type: "async-credentials-provider" as const, credentials: async () => ({ password: await password() }) } }),
      disableOfflineQueue: true,
      socket: { connectTimeout: CONNECT_MS, reconnectStrategy: (retries) => Math.min(RECONNECT_MS.max, RECONNECT_MS.min * 2 ** Math.min(retries, 10)) },
    });
    /** Each call reports its own failure. Without a listener the emitter would throw. */
    this.#client.on("error", () => {});
    this.#client.connect().catch(ignoreFailedConnect);
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  /** Resolves when it is connected, or after `waitMs`. */
  async untilReady(waitMs: number): Promise<void> {
    if (this.#client.isReady) return;
    const over = Promise.withResolvers<void>();
    const stop = () => over.resolve();
    this.#client.once("ready", stop);
    const cancel = this.#clock.at(this.#clock.nowMs() + waitMs, stop);
    await over.promise;
    cancel();
    this.#client.off("ready", stop);
  }

  get(key: string, deadlineMs: number): Promise<string | null> {
    return this.#send(() => this.#client.get(key), deadlineMs);
  }

  async set(key: string, value: string, { ttlMs, deadlineMs }: { ttlMs: number; deadlineMs: number }): Promise<void> {
    await this.#send(() => this.#client.set(key, value, { expiration: { type: "PX", value: Math.max(1, Math.ceil(ttlMs)) } }), deadlineMs);
  }

  async reserve(key: string, { deadlineMs, ...draw }: { amount: number; limit: number; windowMs: number; deadlineMs: number }): Promise<number | null> {
    const drawn = await this.reserveAll([{ key, ...draw }], deadlineMs);
    return drawn.ok ? drawn.reservation.left[0]! : null;
  }

  async settle(key: string, { delta, windowMs, deadlineMs }: { delta: number; windowMs: number; deadlineMs: number }): Promise<void> {
    await this.#send(() => this.#run(settleScript, [key], [delta, windowMs]), deadlineMs);
  }

  async reserveAll(draws: readonly Draw[], deadlineMs: number): Promise<Drawn> {
    const keys = draws.map(({ key }) => key);
    const numbers = draws.flatMap(({ amount, limit, windowMs }) => [amount, limit, windowMs]);
    const reserve = async () => this.#numbersOf(await this.#run(reserveScript, keys, numbers));
    const late = ([refusedAt]: readonly number[]) => {
      if (refusedAt === 0) void this.#correct(correctionsOf(draws, draws.map(() => 0)), this.#clock.nowMs() + RETURN_MS).catch(() => {});
    };
    const [refusedAt = 0, ...left] = await this.#send(reserve, deadlineMs, late);
    if (refusedAt > 0) return { ok: false, at: refusedAt - 1, left: Math.max(0, left[0] ?? 0) };
    return { ok: true, reservation: settledOnce(draws, left, (corrections, by) => this.#correct(corrections, by)) };
  }

  /** Closes the connection, with what is open on it. */
  close(): void {
    if (this.#client.isOpen) this.#client.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Replies come in the order of the commands. One that does not fit its command means that bytes were lost on the way
   * (a proxy that drops some in the middle of a connection does that), and every later reply would be another
   * command's: the connection is replaced.
   */
  #numbersOf(reply: unknown): readonly number[] {
    if (Array.isArray(reply) && reply.length > 0 && reply.every((number) => typeof number === "number")) return reply as readonly number[];
    if (this.#client.isOpen) this.#client.destroy();
    this.#client.connect().catch(ignoreFailedConnect);
    throw new StoreError("Redis answered another command: the connection is replaced");
  }

  /** A window that has ended is not started again, so no time to live is set. */
  async #correct(corrections: readonly Correction[], deadlineMs: number): Promise<void> {
    const keys = corrections.map(({ key }) => key);
    await this.#send(() => this.#run(settleScript, keys, corrections.flatMap(({ delta }) => [delta, 0])), deadlineMs);
  }

  async #run(script: RedisScript, keys: readonly string[], numbers: readonly number[]): Promise<unknown> {
    const parameters = { keys: [...keys], arguments: numbers.map(String) };
    try {
      return await this.#client.evalSha(script.sha1, parameters);
    } catch (error) {
      if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
      return this.#client.eval(script.text, parameters);
    }
  }

  /** The answer, by the deadline. `late` gets an answer that came after it. */
  async #send<T>(send: () => Promise<T>, deadlineMs: number, late: (answer: T) => void = () => {}): Promise<T> {
    if (this.#clock.nowMs() > deadlineMs) throw new StoreError("Cannot reach Redis by the deadline: it has passed");
    if (!this.#client.isReady) throw new StoreError("Cannot reach Redis: not connected");
    const answer = Promise.withResolvers<T>();
    let isLate = false;
    const giveUp = () => {
      isLate = true;
      answer.reject(new StoreError("Redis did not answer by the deadline"));
    };
    /**
     * A busy process may not even have sent the command, or not yet read the answer: its own slowness is not Redis'.
     */
    const expire = () => {
      const isStalled = this.#clock.nowMs() - deadlineMs > STALL_MS;
      if (isStalled) cancel = this.#clock.at(this.#clock.nowMs() + GRACE_MS, giveUp);
      else giveUp();
    };
    let cancel = this.#clock.at(deadlineMs, expire);
    send().then(
      (value) => (isLate ? late(value) : answer.resolve(value)),
      (error: unknown) => answer.reject(new StoreError(`Redis failed: ${messageOf(error)}`, { cause: error })),
    );
    try {
      return await answer.promise;
    } finally {
      cancel();
    }
  }
}
