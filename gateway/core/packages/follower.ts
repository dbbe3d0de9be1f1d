import { messageOf } from "../../../kernel/errors.ts";
import type { Clock, ConfigSource, Rng } from "../../../kernel/seams.ts";
import type { Signal } from "../../../kernel/signal.ts";
import type { GatewayConfig } from "../config.ts";
import { KeptPackages } from "./kept.ts";
import type { CheckedOffer, ControlPort, OfferedPackage, PackageDisk, PackageEvent, PackageReport, PlaneState } from "./ports.ts";
import type { PackageCounts } from "./evidence.ts";
import { type LoadedPackage, packageName, type RunningPackages } from "./running.ts";

/** Between two requests for the feed; jittered by half. */
const pollMs = 500;
const backoffMsMax = 10_000;
const reportMs = 1_000;

/** How often a process may end while it loads a package, before the package is refused. */
const trialsMax = 3;

/** Refused packages that are remembered. */
const refusedMax = 32;

export interface FollowerPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly control: ControlPort;
  readonly disk: PackageDisk;
  readonly check: (offered: unknown) => CheckedOffer;
  /** Makes ready what a package needs. Rejects where it cannot be run. */
  readonly prepare: (loaded: LoadedPackage) => Promise<void>;
  readonly evidence: () => readonly PackageCounts[];
  readonly emit: (event: PackageEvent) => void;
}

type Loaded = LoadedPackage & { readonly id: NonNullable<LoadedPackage["id"]> };

/**
 * A data plane under a control plane: follows its feed, acknowledges or refuses what is offered, and runs only what it
 * has acknowledged. Without the control plane it goes on with what it runs; after a restart with the last good package
 * on its disk, and with the gateway's own file where there is none.
 */
export class PackageFollower implements ConfigSource<RunningPackages> {
  readonly #ports: FollowerPorts;
  readonly #kept: KeptPackages;
  readonly #listeners = new Set<(next: RunningPackages) => void>();
  readonly #accepted = new Map<string, Loaded>();
  readonly #refused = new Map<string, { version: number; reason: string; isReported: boolean }>();
  /** Made ready in this life of the process, and not acknowledged yet. */
  readonly #prepared = new Map<string, Loaded>();
  #running: RunningPackages;
  #seen: string | null = null;
  #isConnected: boolean | null = null;

  constructor(own: GatewayConfig, ports: FollowerPorts) {
    this.#ports = ports;
    this.#running = { current: { id: null, config: own }, candidate: null };
    this.#kept = new KeptPackages(ports.disk, (reason) => ports.emit({ type: "package_not_kept", reason }));
  }

  current(): RunningPackages {
    return this.#running;
  }

  onChange(listener: (next: RunningPackages) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What is in force and what is refused: for people, and for the control plane. */
  state(): PlaneState {
    const { current, candidate } = this.#running;
    const running = [...(current.id === null ? [] : [{ ...current.id, state: "current" as const }]), ...(candidate?.package.id == null ? [] : [{ ...candidate.package.id, state: "candidate" as const }])];
    const refused = [...this.#refused].map(([hash, { version, reason }]): PackageReport => ({ hash, version, state: "refused", reason }));
    return {
      current: current.id?.hash ?? null,
      candidate: candidate === null ? null : { hash: candidate.package.id?.hash ?? "", share: candidate.share },
      packages: [...running, ...refused],
      evidence: this.#ports.evidence(),
      diskTrouble: this.#kept.trouble,
    };
  }

  get isConnected(): boolean {
    return this.#isConnected === true;
  }

  /** Takes the last good package from the disk. Before the first request. */
  async start(): Promise<void> {
    const lastGood = await this.#kept.open((offered) => this.#ports.check(offered));
    if (lastGood === null) return;
    this.#accepted.set(lastGood.id.hash, lastGood);
    this.#run({ current: lastGood, candidate: null });
  }

  /** The gateway's own file has changed: it counts until a package runs. */
  replaceOwn(config: GatewayConfig): void {
    if (this.#running.current.id === null) this.#run({ ...this.#running, current: { id: null, config } });
  }

  /** Follows the control plane until `signal` is cancelled. */
  async follow(signal: Signal): Promise<void> {
    await Promise.all([this.#poll(signal), this.#report(signal)]);
  }

  async #poll(signal: Signal): Promise<void> {
    const { clock, rng } = this.#ports;
    for (let failures = 0; !signal.aborted; ) {
      const trouble = await this.#turn(signal);
      if (signal.aborted) return;
      this.#markConnected(trouble);
      failures = trouble === null ? 0 : failures + 1;
      const waitMs = Math.min(backoffMsMax, pollMs * 2 ** Math.min(failures, 10));
      await clock.sleep(waitMs * (0.5 + rng.next()), signal).catch(() => {});
    }
  }

  /** Returns what went wrong, or null. */
  async #turn(signal: Signal): Promise<string | null> {
    try {
      await this.#followOnce(signal);
      return null;
    } catch (error) {
      /** A package may have been lost: the whole feed is asked for. */
      this.#seen = null;
      return messageOf(error);
    }
  }

  async #followOnce(signal: Signal): Promise<void> {
    const have = [...this.#accepted.keys(), ...this.#refused.keys()].slice(-16);
    const { revision, current, candidate } = await this.#ports.control.feed({ have, seen: this.#seen }, signal);
    const nextCurrent = (current === null ? null : await this.#adopt(current, "current", signal)) ?? this.#running.current;
    this.#run({ current: nextCurrent, candidate: this.#remaining(nextCurrent, candidate) });
    await this.#kept.keepLastGood(nextCurrent);
    const beside = candidate === null ? null : await this.#adopt(candidate.package, "candidate", signal);
    const isBeside = beside !== null && candidate !== null && beside.id.hash !== nextCurrent.id?.hash;
    this.#run({ current: nextCurrent, candidate: isBeside ? { package: beside, share: candidate.share } : null });
    this.#forgetUnused();
    this.#seen = revision;
  }

  /** The candidate that runs already, while another may be checked. */
  #remaining(current: LoadedPackage, offered: { readonly package: OfferedPackage; readonly share: number } | null): RunningPackages["candidate"] {
    const running = this.#running.candidate;
    if (running === null || offered === null || running.package.id?.hash !== offered.package.hash || offered.package.hash === current.id?.hash) return null;
    return { package: running.package, share: offered.share };
  }

  /**
   * The package, acknowledged; null: refused. Rejects where the control plane did not get the answer: it is not run
   * then.
   */
  async #adopt(offered: OfferedPackage, role: "current" | "candidate", signal: Signal): Promise<Loaded | null> {
    const { hash } = offered;
    const known = this.#accepted.get(hash);
    if (known !== undefined) return known;
    if (!this.#refused.has(hash)) {
      const loaded = await this.#load(offered, role);
      if (loaded !== null) return this.#acknowledge(loaded, offered, role, signal);
    }
    await this.#reportRefusal(hash, signal);
    return null;
  }

  async #load(offered: OfferedPackage, role: "current" | "candidate"): Promise<Loaded | null> {
    const { hash } = offered;
    const prepared = this.#prepared.get(hash);
    if (prepared !== undefined) return prepared;
    if (!("config" in offered && "version" in offered)) throw new Error(`The control plane named the package ${hash}, which this data plane does not have`);
    const version = Number(offered.version);
    const checked = this.#ports.check(offered);
    if ("reason" in checked) return this.#refuse(hash, version, checked.reason);
    const trials = this.#kept.trialsOf(hash);
    if (trials >= trialsMax) return this.#refuse(hash, version, `the process ended ${trials} times while it loaded this package`);
    await this.#kept.keepTrial(role, offered, trials + 1);
    const trouble = await this.#ports.prepare(checked.ok).then(() => null, messageOf);
    await this.#kept.keepTrial(role, offered, 0);
    if (trouble !== null) return this.#refuse(hash, version, `it cannot be loaded: ${trouble}`);
    this.#prepared.set(hash, checked.ok);
    return checked.ok;
  }

  async #acknowledge(loaded: Loaded, offered: OfferedPackage, role: "current" | "candidate", signal: Signal): Promise<Loaded> {
    const { hash } = loaded.id;
    await this.#ports.control.ack({ hash, accepted: true }, signal);
    this.#ports.emit({ type: "package_acknowledged", package: packageName(loaded.id) });
    this.#prepared.delete(hash);
    this.#accepted.set(hash, loaded);
    await this.#kept.keepAcknowledged(role, offered);
    return loaded;
  }

  #refuse(hash: string, version: number, reason: string): null {
    this.#refused.set(hash, { version, reason: reason.slice(0, 2_000), isReported: false });
    if (this.#refused.size > refusedMax) this.#refused.delete(this.#refused.keys().next().value!);
    this.#ports.emit({ type: "package_refused", package: packageName({ version, hash }), reason });
    return null;
  }

  async #reportRefusal(hash: string, signal: Signal): Promise<void> {
    const refused = this.#refused.get(hash)!;
    if (refused.isReported) return;
    await this.#ports.control.ack({ hash, accepted: false, reason: refused.reason }, signal);
    refused.isReported = true;
  }

  #run(next: RunningPackages): void {
    const before = this.#running;
    const isSame = before.current === next.current && before.candidate?.package === next.candidate?.package && before.candidate?.share === next.candidate?.share;
    if (isSame) return;
    this.#running = next;
    for (const listener of this.#listeners) listener(next);
    this.#emitRunning(before, next);
  }

  #emitRunning(before: RunningPackages, { current, candidate }: RunningPackages): void {
    const { emit } = this.#ports;
    if (current.id !== null && current !== before.current) emit({ type: "package_running", package: packageName(current.id), role: "current", share: 1 });
    if (candidate?.package.id != null && (candidate.package !== before.candidate?.package || candidate.share !== before.candidate.share)) {
      emit({ type: "package_running", package: packageName(candidate.package.id), role: "candidate", share: candidate.share });
    }
  }

  /** Frees the configurations that no longer run. */
  #forgetUnused(): void {
    const { current, candidate } = this.#running;
    const used = new Set([current.id?.hash, candidate?.package.id?.hash]);
    for (const hash of this.#accepted.keys()) if (!used.has(hash)) this.#accepted.delete(hash);
    this.#kept.retain(used);
    this.#prepared.clear();
  }

  #markConnected(trouble: string | null): void {
    const isConnected = trouble === null;
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    this.#ports.emit({ type: "control_changed", to: isConnected ? "connected" : "lost", reason: trouble ?? "it answers" });
  }

  async #report(signal: Signal): Promise<void> {
    const { clock, rng, control } = this.#ports;
    while (!signal.aborted) {
      await clock.sleep(reportMs * (0.5 + rng.next()), signal).catch(() => {});
      /** Best effort: the next report says all of it again. */
      if (!signal.aborted) await control.report(this.state(), signal).catch(() => {});
    }
  }
}
