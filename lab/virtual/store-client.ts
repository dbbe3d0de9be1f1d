import { StoreError, type Clock, type Draw, type Drawn, type Store, type Transport } from "../../kernel/seams.ts";
import { type Correction, correctionsOf, settledOnce } from "../../gateway/core/limits/settled-once.ts";
import { Canceller } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import type { Reserved, StoreCommand } from "./store-server.ts";

/**
 * How long the answer to a command is waited for once its caller has been refused: a reservation that it makes is given
 * back.
 */
const lateMsMax = 1_000;

/**
 * The store of a region as one gateway reaches it over the virtual network: it fails and is slow as its link and its
 * process are.
 */
export class StoreClient implements Store {
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #origin: string;

  constructor({ clock, transport, origin }: { clock: Clock; transport: Transport; origin: string }) {
    this.#clock = clock;
    this.#transport = transport;
    this.#origin = origin;
  }

  get(key: string, deadlineMs: number): Promise<string | null> {
    return this.#send({ name: "get", key }, deadlineMs);
  }

  async set(key: string, value: string, { ttlMs, deadlineMs }: { ttlMs: number; deadlineMs: number }): Promise<void> {
    await this.#send({ name: "set", key, value, ttlMs }, deadlineMs);
  }

  async reserve(key: string, { deadlineMs, ...draw }: { amount: number; limit: number; windowMs: number; deadlineMs: number }): Promise<number | null> {
    const drawn = await this.reserveAll([{ key, ...draw }], deadlineMs);
    return drawn.ok ? drawn.reservation.left[0]! : null;
  }

  async settle(key: string, { delta, windowMs, deadlineMs }: { delta: number; windowMs: number; deadlineMs: number }): Promise<void> {
    await this.#send({ name: "settle", deltas: [{ key, delta, windowMs }] }, deadlineMs);
  }

  async reserveAll(draws: readonly Draw[], deadlineMs: number): Promise<Drawn> {
    const giveBack = ({ ok }: Reserved) => {
      if (ok) void this.#correct(correctionsOf(draws, draws.map(() => 0)), this.#clock.nowMs() + lateMsMax).catch(() => {});
    };
    const reserved = await this.#send<Reserved>({ name: "reserve", draws }, deadlineMs, giveBack);
    return reserved.ok ? { ok: true, reservation: settledOnce(draws, reserved.left, (corrections, by) => this.#correct(corrections, by)) } : reserved;
  }

  async #correct(corrections: readonly Correction[], deadlineMs: number): Promise<void> {
    const deltas = corrections.map((correction) => ({ ...correction, windowMs: 0 }));
    await this.#send({ name: "settle", deltas }, deadlineMs);
  }

  /** The answer by the deadline, or a rejection with `StoreError`. `onLate` gets one that came after it. */
  #send<T>(command: StoreCommand, deadlineMs: number, onLate: (answer: T) => void = () => {}): Promise<T> {
    const clock = this.#clock;
    if (clock.nowMs() > deadlineMs) return Promise.reject(new StoreError("Cannot reach the store by the deadline: it has passed"));
    const giveUp = new Canceller();
    const answer = Promise.withResolvers<T>();
    let isLate = false;
    const refuse = () => {
      isLate = true;
      answer.reject(new StoreError("The store did not answer by the deadline"));
    };
    const stopTimers = [clock.at(deadlineMs, refuse), clock.at(deadlineMs + lateMsMax, () => giveUp.cancel("late"))];
    this.#exchange<T>(command, giveUp)
      .then(
        (value) => (isLate ? onLate(value) : answer.resolve(value)),
        (error: Error) => answer.reject(new StoreError(`Cannot reach the store: ${error.message}`)),
      )
      .finally(() => stopTimers.forEach((stop) => stop()));
    return answer.promise;
  }

  async #exchange<T>(command: StoreCommand, { signal }: Canceller): Promise<T> {
    const response = await this.#transport.open({ method: "POST", url: `${this.#origin}/`, headers: {}, body: utf8Bytes(JSON.stringify(command)) }, signal);
    let text = "";
    for await (const bytes of response.body) text += utf8Text(bytes);
    return JSON.parse(text) as T;
  }
}
