import { utcText } from "../../../kernel/calendar.ts";
import type { Clock } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import type { Rng } from "../../../kernel/rng.ts";
import { Canceller, type Signal } from "../../../kernel/signal.ts";
import { leaseState, renewalTimes, retryDelayMs, type Lease, type LeaseState } from "./lease.ts";
import type { Grant } from "./vault.ts";
import { VaultUnavailable, type VaultPort, type VaultTrouble } from "./vault-port.ts";

/** A lease with the value that it is for. */
export interface HeldLease extends Lease {
  readonly value: string;
}

/** Where a data plane keeps its leases, wrapped, for a start while the vault is away. Neither call throws. */
export interface LeaseDisk {
  /** Null: none that this data plane can open. */
  read(name: string): HeldLease | null;
  write(lease: HeldLease): void;
  remove(name: string): void;
}

export type LeaseEvent =
  | { readonly type: "leased"; readonly name: string; readonly version: number; readonly from: "vault" | "disk" }
  | { readonly type: "renewal_failed"; readonly name: string; readonly trouble: VaultTrouble; readonly failures: number; readonly state: LeaseState | "none" }
  | { readonly type: "revoked"; readonly name: string; readonly version: number };

export interface LeaseKeeperSeams {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly port: VaultPort;
  readonly disk: LeaseDisk;
  readonly emit: (event: LeaseEvent) => void;
}

export interface LeaseKeeperSettings {
  /** How often the vault is asked whether what is held was rotated or revoked, ms. */
  readonly checkMs: number;
}

/** A secret that cannot be had. The message gives the reason and no value. */
export class SecretUnavailable extends Error {
  override readonly name = "SecretUnavailable";
}

/** What a data plane knows of one secret, for its state. */
export interface LeaseView {
  readonly name: string;
  readonly version: number | null;
  readonly state: LeaseState | "none";
  readonly notAfterMs: number | null;
  readonly graceUntilMs: number | null;
  readonly trouble: VaultTrouble | null;
}

/** A renewal herd after a rotation is spread over this time. */
const rotationSpreadMs = 5_000;

/**
 * A data plane's leases: taken once, renewed before they end, used on through the grace period while the vault does not
 * answer, dropped when they are revoked. Requests read from memory. Only a secret that was never leased makes a request
 * wait for the vault.
 */
export class LeaseKeeper {
  readonly #seams: LeaseKeeperSeams;
  readonly #settings: LeaseKeeperSettings;
  readonly #secrets = new Map<string, Secret>();
  readonly #closing = new Canceller();
  #isChecking = false;

  constructor(settings: LeaseKeeperSettings, seams: LeaseKeeperSeams) {
    this.#settings = settings;
    this.#seams = seams;
    this.#scheduleCheck();
  }

  /** Rejects with `SecretUnavailable`. */
  read(name: string, signal: Signal): Promise<string> {
    return this.#secretOf(name).read(signal);
  }

  /** Takes these before the first request needs them. Resolves when each is held or has failed once. */
  async warm(names: Iterable<string>): Promise<void> {
    await Promise.all([...new Set(names)].map((name) => this.read(name, this.#closing.signal).catch(() => {})));
  }

  state(): readonly LeaseView[] {
    return [...this.#secrets.values()].map((secret) => secret.view());
  }

  close(): void {
    this.#closing.cancel("closed");
    for (const secret of this.#secrets.values()) secret.close();
  }

  #secretOf(name: string): Secret {
    let secret = this.#secrets.get(name);
    if (secret === undefined) this.#secrets.set(name, (secret = new Secret(name, this.#seams, this.#closing.signal)));
    return secret;
  }

  #scheduleCheck(): void {
    const { clock, rng } = this.#seams;
    const cancel = clock.at(clock.nowMs() + this.#settings.checkMs * (0.75 + 0.5 * rng.next()), () => {
      unsubscribe();
      void this.#check();
      this.#scheduleCheck();
    });
    const unsubscribe = this.#closing.signal.onAbort(cancel);
  }

  /** Asks how what is held stands. A vault that does not answer changes nothing. */
  async #check(): Promise<void> {
    const held = [...this.#secrets.values()].flatMap(({ lease }) => (lease === null ? [] : [lease]));
    if (held.length === 0 || this.#isChecking) return;
    this.#isChecking = true;
    try {
      const standing = await this.#seams.port.standing(held, this.#closing.signal);
      for (const [index, lease] of held.entries()) {
        const secret = this.#secretOf(lease.name);
        if (secret.lease !== lease) continue;
        if (standing[index] === "revoked") secret.revoke();
        else if (standing[index] === "outdated") secret.renewWithin(rotationSpreadMs);
      }
    } catch {
      // The renewals report what is wrong with the vault.
    } finally {
      this.#isChecking = false;
    }
  }
}

class Secret {
  readonly #name: string;
  readonly #seams: LeaseKeeperSeams;
  readonly #closing: Signal;
  lease: HeldLease | null = null;
  #renewals: readonly number[] = [];
  #failures = 0;
  #trouble: VaultUnavailable | null = null;
  #taking: Promise<void> | null = null;
  #cancelTimer: () => void = () => {};
  #timerAtMs = Infinity;
  /** Until then a request does not make the vault be asked again. */
  #notBeforeMs = -Infinity;
  #isOutdated = false;

  constructor(name: string, seams: LeaseKeeperSeams, closing: Signal) {
    this.#name = name;
    this.#seams = seams;
    this.#closing = closing;
    const kept = seams.disk.read(name);
    if (kept === null) return;
    this.lease = kept;
    if (leaseState(kept, seams.clock.wallMs()) === "expired") return;
    this.#hold(kept, "disk");
    // It may have been renewed last long ago, and rotated since.
    this.renewWithin(rotationSpreadMs);
  }

  async read(signal: Signal): Promise<string> {
    if (this.#usable() === null) await this.#take(signal);
    const lease = this.#usable();
    if (lease !== null) return lease.value;
    throw new SecretUnavailable(this.#reason());
  }

  view(): LeaseView {
    const { lease } = this;
    const state = lease === null ? "none" : leaseState(lease, this.#seams.clock.wallMs());
    return { name: this.#name, version: lease?.version ?? null, state, notAfterMs: lease?.notAfterMs ?? null, graceUntilMs: lease?.graceUntilMs ?? null, trouble: this.#trouble?.trouble ?? null };
  }

  /** Its value is not used again, here or after a restart. */
  revoke(): void {
    const { lease } = this;
    if (lease === null) return;
    this.lease = null;
    this.#seams.disk.remove(this.#name);
    this.#seams.emit({ type: "revoked", name: this.#name, version: lease.version });
    this.#trouble = new VaultUnavailable("forbidden", `Secret "${this.#name}" is revoked`);
    this.#scheduleIn(0);
  }

  /** Once for each version: the renewal that it begins goes on by itself. */
  renewWithin(ms: number): void {
    if (this.#isOutdated) return;
    this.#isOutdated = true;
    this.#scheduleIn(ms * this.#seams.rng.next());
  }

  close(): void {
    this.#cancelTimer();
  }

  #usable(): HeldLease | null {
    return this.lease !== null && leaseState(this.lease, this.#seams.clock.wallMs()) !== "expired" ? this.lease : null;
  }

  #reason(): string {
    const why = this.#trouble === null ? "" : `: ${this.#trouble.message}`;
    const { lease } = this;
    if (lease === null) return `There is no lease on secret "${this.#name}"${why}`;
    return `The lease on secret "${this.#name}" and its grace period ended at ${utcText(lease.graceUntilMs)}${why}`;
  }

  /** One request to the vault at a time, whoever waits for it. Resolves also where it failed. */
  async #take(signal: Signal): Promise<void> {
    if (this.#taking === null && this.#seams.clock.nowMs() < this.#notBeforeMs) return;
    const taking = (this.#taking ??= this.#renew().finally(() => (this.#taking = null)));
    const left = Promise.withResolvers<void>();
    const unsubscribe = signal.onAbort(() => left.resolve());
    await Promise.race([taking, left.promise]);
    unsubscribe();
  }

  async #renew(): Promise<void> {
    this.#cancelTimer();
    this.#timerAtMs = Infinity;
    const { clock, port } = this.#seams;
    const askedAtMs = clock.wallMs();
    try {
      const grant = await port.lease(this.#name, this.#closing);
      this.#failures = 0;
      this.#trouble = null;
      this.#notBeforeMs = -Infinity;
      const lease = heldOf(grant, askedAtMs);
      this.#isOutdated = false;
      this.#hold(lease, "vault");
      this.#seams.disk.write(lease);
    } catch (error) {
      if (this.#closing.aborted) return;
      this.#fail(error instanceof VaultUnavailable ? error : new VaultUnavailable("failed", messageOf(error)));
    }
  }

  #hold(lease: HeldLease, from: "vault" | "disk"): void {
    this.lease = lease;
    this.#renewals = renewalTimes(lease, this.#seams.rng);
    this.#seams.emit({ type: "leased", name: this.#name, version: lease.version, from });
    this.#scheduleIn(Math.max(0, this.#renewals[0]! - this.#seams.clock.wallMs()));
  }

  /** The next of the planned times, or, behind the last one, ever later tries. */
  #fail(trouble: VaultUnavailable): void {
    const { clock, rng, emit } = this.#seams;
    this.#failures++;
    this.#trouble = trouble;
    const state = this.lease === null ? "none" : leaseState(this.lease, clock.wallMs());
    emit({ type: "renewal_failed", name: this.#name, trouble: trouble.trouble, failures: this.#failures, state });
    const delayMs = retryDelayMs(this.#failures, rng, trouble.retryAfterMs);
    this.#notBeforeMs = this.#usable() === null ? clock.nowMs() + Math.min(delayMs, trouble.retryAfterMs ?? requestRetryMs) : -Infinity;
    const planned = this.#isOutdated || state !== "fresh" ? undefined : this.#renewals.find((atMs) => atMs > clock.wallMs());
    this.#scheduleIn(planned === undefined ? delayMs : Math.max(delayMs, planned - clock.wallMs()));
  }

  /** The earlier of this and what is scheduled. */
  #scheduleIn(ms: number): void {
    const { clock } = this.#seams;
    const atMs = clock.nowMs() + ms;
    if (this.#closing.aborted || atMs >= this.#timerAtMs) return;
    this.#cancelTimer();
    this.#timerAtMs = atMs;
    this.#cancelTimer = clock.at(atMs, () => {
      this.#timerAtMs = Infinity;
      void this.#take(this.#closing);
    });
  }
}

/** While no value can be used, requests themselves ask the vault so often, beside the timer. */
const requestRetryMs = 1_000;

/**
 * The lease's times by this data plane's own clock, from before it asked: a vault with another clock cannot make a
 * lease longer.
 */
function heldOf({ id, name, version, value, leaseMs, graceMs }: Grant, askedAtMs: number): HeldLease {
  return { id, name, version, value, issuedAtMs: askedAtMs, notAfterMs: askedAtMs + leaseMs, graceUntilMs: askedAtMs + leaseMs + graceMs };
}
