import type { Clock } from "../../../kernel/clock.ts";
import { choose, type Tried } from "./choose.ts";
import type { EdgeEvent, KeptReason } from "./events.ts";
import { rampAfter, rampMove } from "./ramp.ts";
import { RemovalLimit } from "./removal-limit.ts";
import { Replica } from "./replica.ts";
import type { EdgeSettings, RegionSettings } from "./settings.ts";
import type { AnswerSignals } from "./signals.ts";

/** Removals within this time double the time that a replica stays out. */
const repeatMs = 600_000;

/** What an attempt showed about its replica. `broken`: its connection failed before the answer was whole. */
export type Observation = { readonly kind: "answer"; readonly isError: boolean; readonly signals: AnswerSignals } | { readonly kind: "broken" };

interface FleetOptions {
  readonly settings: EdgeSettings;
  readonly clock: Clock;
  readonly emit: (event: EdgeEvent) => void;
}

/** The replicas of all regions, and who of them is in the rotation. */
export class Fleet {
  readonly replicas: readonly Replica[];
  readonly #settings: EdgeSettings;
  readonly #clock: Clock;
  readonly #emit: (event: EdgeEvent) => void;
  readonly #limit: RemovalLimit;
  readonly #shares: ReadonlyMap<Replica, number>;

  constructor({ settings, clock, emit }: FleetOptions) {
    this.#settings = settings;
    this.#clock = clock;
    this.#emit = emit;
    this.replicas = settings.regions.flatMap((region) => replicasOf(region, settings));
    const total = this.replicas.reduce((sum, { baseWeight }) => sum + baseWeight, 0);
    this.#shares = new Map(this.replicas.map((replica) => [replica, replica.baseWeight / total]));
    this.#limit = new RemovalLimit(removalMax(settings));
  }

  /** Who gets a request; undefined: everybody has been tried. */
  choose(key: string, tried: Tried): Replica | undefined {
    return choose(this.replicas, key, tried, (replica) => this.rampShare(replica));
  }

  /** The share of its traffic that a replica gets: 1 outside a ramp. */
  rampShare({ ramp }: Replica): number {
    return ramp === null ? 1 : this.#settings.ramp.steps[ramp.step]!;
  }

  /** The share of all capacity that would be removed with a replica now. */
  capacityOf(replica: Replica): number {
    return this.#shares.get(replica)! * this.rampShare(replica) * replica.factor;
  }

  /** The share of all traffic that a region bears now; 0 for a spare that is not used. */
  shareOf(region: string): number {
    const live = this.replicas.filter(({ isIn }) => isIn);
    const hasWeight = live.some((replica) => this.capacityOf(replica) > 0);
    const sum = (replicas: readonly Replica[]) => replicas.reduce((total, replica) => total + (hasWeight ? this.capacityOf(replica) : 1), 0);
    return live.length === 0 ? 0 : sum(live.filter((replica) => replica.region === region)) / sum(live);
  }

  /** Share of all capacity that was removed within the last 60 s. */
  removedLastMinute(): number {
    return this.#limit.removed(this.#clock.nowMs());
  }

  /** The result of one active check. */
  checked(replica: Replica, isGood: boolean): void {
    const { failuresToDown, successesToUp } = this.#settings.health;
    replica.goodChecks = isGood ? replica.goodChecks + 1 : 0;
    replica.failedChecks = isGood ? 0 : replica.failedChecks + 1;
    if (!replica.isDown && replica.failedChecks >= failuresToDown) {
      replica.isDown = true;
      for (const watcher of replica.watchers) watcher.suspected();
    } else if (replica.isDown && replica.goodChecks >= successesToUp) {
      replica.isDown = false;
      for (const watcher of replica.watchers) watcher.cleared();
    }
    this.review();
  }

  /** What a request showed. */
  observed(replica: Replica, observation: Observation): void {
    const nowMs = this.#clock.nowMs();
    const isFailure = observation.kind === "broken" || observation.isError;
    replica.failures = observation.kind === "broken" ? replica.failures + 1 : 0;
    replica.outcomes.add(nowMs, isFailure);
    if (observation.kind === "answer") replica.signals.add(nowMs, observation.signals);
    if (!isFailure || replica.isOutlier || replica.out !== null) return;
    replica.isOutlier = replica.failures >= this.#settings.ejection.consecutiveFailures || this.#isOutlier(replica);
    if (replica.isOutlier) this.review();
  }

  /** Removes, returns and moves ramps. Called at every check, so at least each `health.intervalMs`. */
  review(): void {
    for (const replica of this.replicas) {
      if (replica.out !== null) this.#reviewReturn(replica);
      else if (replica.isSick) this.#remove(replica);
      else {
        replica.kept = null;
        this.#reviewRamp(replica);
      }
    }
  }

  /**
   * Draining: no new requests, open ones finish. False: it is the last one. The end of draining is a return by the
   * ramp.
   */
  setDraining(replicas: readonly Replica[], isDraining: boolean): boolean {
    if (isDraining && !this.#areOthersIn(replicas)) return false;
    for (const replica of replicas.filter((candidate) => candidate.isDraining !== isDraining)) {
      replica.isDraining = isDraining;
      if (isDraining) replica.before = replica.signals.summary(this.#clock.nowMs());
      else if (replica.out === null) this.#startRamp(replica);
      this.#emit({ kind: "draining", replica: replica.id, isDraining });
    }
    return true;
  }

  /** The operator's part of a weight, 0 to 1; 0 makes spares of them. False: nothing else would have a weight. */
  setFactor(replicas: readonly Replica[], factor: number): boolean {
    const hasOther = this.replicas.some((other) => other.isIn && other.factor > 0 && !replicas.includes(other));
    if (factor === 0 && !hasOther) return false;
    for (const replica of replicas) replica.factor = factor;
    return true;
  }

  /**
   * The kept reason, or null where the replica may be removed. Never the last one, and no more capacity than the limit.
   */
  #keptReason(replica: Replica): KeptReason | null {
    if (!this.#areOthersIn([replica])) return "last";
    return this.#limit.allows(this.#clock.nowMs(), this.capacityOf(replica)) ? null : "limit";
  }

  /** Whether anybody else takes requests. A sick one that is kept counts: it is what is left. */
  #areOthersIn(replicas: readonly Replica[]): boolean {
    return this.replicas.some((other) => other.isIn && !replicas.includes(other));
  }

  #remove(replica: Replica): void {
    const kept = this.#keptReason(replica);
    if (kept !== null) {
      if (replica.kept !== kept) this.#emit({ kind: "kept", replica: replica.id, reason: kept });
      replica.kept = kept;
      return;
    }
    const nowMs = this.#clock.nowMs();
    const capacity = this.capacityOf(replica);
    const reason = replica.isDown ? "down" : "ejected";
    this.#limit.record(nowMs, capacity);
    if (replica.ramp === null) replica.before = replica.signals.summary(nowMs);
    replica.removalsMs = [...replica.removalsMs.filter((atMs) => atMs > nowMs - repeatMs), nowMs];
    replica.out = { reason, untilMs: nowMs + this.#outMs(replica.removalsMs.length, reason) };
    replica.kept = null;
    replica.ramp = null;
    this.#emit({ kind: "removed", replica: replica.id, reason, capacity });
    for (const watcher of replica.watchers) watcher.removed();
  }

  /** Its checks bring back a replica that was down, unless it keeps going down. An ejected one waits its time out. */
  #outMs(removals: number, reason: "down" | "ejected"): number {
    const { ejectMs, ejectMsMax } = this.#settings.ejection;
    const doublings = reason === "ejected" ? removals - 1 : removals - 2;
    return doublings < 0 ? 0 : Math.min(ejectMsMax, ejectMs * 2 ** doublings);
  }

  #reviewReturn(replica: Replica): void {
    if (replica.isDown || this.#clock.nowMs() < replica.out!.untilMs) return;
    replica.out = null;
    replica.isOutlier = false;
    replica.failures = 0;
    replica.outcomes.clear();
    this.#startRamp(replica);
  }

  #startRamp(replica: Replica): void {
    const isWhole = this.#settings.ramp.steps.length === 1;
    replica.ramp = isWhole ? null : { step: 0, sinceMs: this.#clock.nowMs() };
    this.#emit({ kind: "ramp", replica: replica.id, share: this.rampShare(replica), why: "returned" });
  }

  #reviewRamp(replica: Replica): void {
    const { ramp, before } = replica;
    if (ramp === null || replica.isDraining) return;
    const nowMs = this.#clock.nowMs();
    const summary = replica.signals.summary(nowMs, ramp.sinceMs);
    const move = rampMove(ramp, nowMs, { now: summary, before: before ?? replica.signals.summary(nowMs, ramp.sinceMs) }, this.#settings.ramp);
    if (move === "hold") return;
    replica.ramp = rampAfter(ramp, move, nowMs, this.#settings.ramp);
    this.#emit({ kind: "ramp", replica: replica.id, share: this.rampShare(replica), why: move });
  }

  /** Compared with all others, so that an outage behind every replica ejects nobody. Works with two. */
  #isOutlier(replica: Replica): boolean {
    const { failureShare, othersShareMax, requestsMin } = this.#settings.ejection;
    const nowMs = this.#clock.nowMs();
    const own = replica.outcomes.counts(nowMs);
    if (own.total < requestsMin || own.failed / own.total < failureShare) return false;
    const others = this.replicas.filter((other) => other !== replica && other.isIn).map(({ outcomes }) => outcomes.counts(nowMs));
    const total = others.reduce((sum, counts) => sum + counts.total, 0);
    const failed = others.reduce((sum, counts) => sum + counts.failed, 0);
    return total >= requestsMin && failed / total <= (othersShareMax * own.failed) / own.total;
  }
}

function replicasOf(region: RegionSettings, settings: EdgeSettings): Replica[] {
  const total = region.replicas.reduce((sum, { weight }) => sum + weight, 0);
  return region.replicas.map((replica) => new Replica(replica, region.name, { baseWeight: (region.weight * replica.weight) / total, settings }));
}

/** One region must be removable as a whole, whatever its weight: else a dead one would keep its traffic. */
export function removalMax({ regions, ejection }: EdgeSettings): number {
  const total = regions.reduce((sum, { weight }) => sum + weight, 0);
  return Math.max(ejection.capacityPerMinuteMax, ...regions.map(({ weight }) => weight / total));
}
