import type { Clock } from "../../../kernel/clock.ts";
import { ControlRefusal } from "./control-refusal.ts";
import { countedSince, decideStep, tallied, type EvidenceReport, type StepEvidence, type Tally } from "./evidence.ts";
import type { Evaluation } from "./evaluation.ts";
import { evolve } from "./evolve.ts";
import type { ExpectedIdentity, IdentityResult } from "./identity.ts";
import { nextLine, type Digest, type JournalLine, type Replayed } from "./journal.ts";
import { objectionsTo, type Push } from "./push-rules.ts";
import { signedReceipt, type Receipt, type ReceiptKeys } from "./receipt.ts";
import { rollbackTarget } from "./rollback.ts";
import { forceWaitMs, type ControlSettings } from "./settings.ts";
import { entryOf, versionMaxOf, type ControlEvent, type ControlState, type PackageFacts } from "./state.ts";

export interface ControlSeams {
  readonly clock: Pick<Clock, "wallMs" | "nowMs">;
  readonly digest: Digest;
  readonly keys: ReceiptKeys;
  /** Returns when the line is on the disk. If it throws, nothing has happened. */
  readonly append: (line: JournalLine) => void;
}

/** The feed of a data plane. */
export interface FeedView {
  readonly current: string | null;
  readonly candidate: { readonly hash: string; readonly share: number } | null;
}

/** Makes the package with an old configuration on top of the active one, and keeps it. */
export type MakeRestored = (from: string, parent: string, version: number) => PackageFacts;

/**
 * The control plane of one region: which package its data planes run, and how a new one comes to. Every change is
 * written to the journal before it is in force, so that the state after a restart is the one before it. Evidence alone
 * is not kept: data planes report it again.
 */
export class ControlPlane {
  readonly settings: ControlSettings;
  readonly #seams: ControlSeams;
  #state: ControlState;
  #last: JournalLine | null;
  #tally: Tally = {};
  /**
   * On the monotonic clock: since when the present package is known to be active, and the present wait to run. A
   * restart begins both again.
   */
  #activeSinceMs: number;
  #waitSinceMs: number;

  constructor(settings: ControlSettings, { state, last }: Replayed, seams: ControlSeams) {
    this.settings = settings;
    this.#seams = seams;
    this.#state = state;
    this.#last = last;
    this.#activeSinceMs = this.#waitSinceMs = seams.clock.nowMs();
  }

  get state(): ControlState {
    return this.#state;
  }

  /** Changes with each change of the feed. */
  get feed(): FeedView {
    const { active, rollout } = this.#state;
    if (rollout?.phase.name !== "step") return { current: active, candidate: null };
    return { current: active, candidate: { hash: rollout.hash, share: this.settings.steps[rollout.phase.index]!.share } };
  }

  /** Of the wait of a forced push. The wall clock has no part in it. */
  get waitLeftMs(): number {
    return Math.max(0, this.#waitSinceMs + forceWaitMs - this.#seams.clock.nowMs());
  }

  /**
   * Stages a package, or throws `ControlRefusal`, which is audited too. `keep` stores the package by its version before
   * anything refers to it.
   */
  push(push: Push, keep: (version: number) => void): void {
    const nowMs = this.#seams.clock.wallMs();
    try {
      const lifted = objectionsTo(push, this.#state, this.settings, { keys: this.#seams.keys, nowMs });
      const isOlder = lifted.some(({ code }) => code === "older");
      const version = isOlder ? versionMaxOf(this.#state) + 1 : push.package.version;
      keep(version);
      const waits = push.force && this.settings.receiptFrom !== null;
      this.#write(push.who, { type: "staged", package: { ...push.package, version }, why: push.why, forced: lifted.map(({ code }) => code), waits });
      this.#waitSinceMs = this.#seams.clock.nowMs();
    } catch (error) {
      if (error instanceof ControlRefusal) this.#write(push.who, { type: "push_refused", hash: push.package.hash, why: push.why, code: error.code });
      throw error;
    }
  }

  /** The wait of a forced push is over, or a step's time has come. To be called about once a second. */
  advance(): void {
    const { rollout } = this.#state;
    if (rollout?.phase.name === "waiting" && this.waitLeftMs === 0) this.#write("control", { type: "checking", hash: rollout.hash });
    else if (rollout?.phase.name === "step") this.#decide();
  }

  /** The loader's answer. `reason` null: it accepts the package. */
  checked(hash: string, reason: string | null): void {
    if (!this.#isIn(hash, "checking")) return;
    if (reason === null) this.#write("control", { type: "checked", hash });
    else this.#end("refused", `the loader refuses it: ${reason}`);
  }

  identified(hash: string, results: readonly IdentityResult[]): void {
    if (!this.#isIn(hash, "identity")) return;
    this.#write("control", { type: "identified", hash, results });
    const stopped = results.filter(({ passes }) => !passes);
    if (stopped.length > 0) this.#end("refused", `identity ${stopped.map(({ deployment, result, reason }) => `${result} for ${deployment}: ${reason}`).join("; ")}`);
    // With nothing to compare it with, the first package of a region has no steps.
    else if (this.#state.active === null) this.#write("control", { type: "activated", hash, evidence: null });
    else if (this.#needsEvaluation()) this.#write("control", { type: "evaluating", hash, why: "what decides its answers has changed" });
    else this.#step(0, null);
  }

  /**
   * The eval gate's result. Without a decision the candidate waits, unserved, for another try or for its end; without a
   * verdict it is refused, and may come again.
   */
  evaluated(hash: string, evaluation: Evaluation): void {
    if (!this.#isIn(hash, "evaluating")) return;
    this.#write("control", { type: "evaluated", hash, evaluation });
    const { decision, reasons } = evaluation;
    if (decision === "pass") this.#step(0, null);
    else if (decision === "fail") this.#end("refused", `the eval gate fails it: ${reasons.join(" ")}`);
    else if (decision === "unknown") this.#end("unjudged", `the eval gate has no verdict: ${reasons.join(" ")}`);
  }

  /** Has the eval gate asked again about an undecided candidate, after its corpus has grown for one. */
  evaluateAgain(who: string, why: string): void {
    const { rollout } = this.#state;
    if (rollout?.phase.name !== "undecided") throw new ControlRefusal("not_undecided", "No candidate waits for a decision of the eval gate");
    this.#write(who, { type: "evaluating", hash: rollout.hash, why });
  }

  /** The check, the canary or the eval gate could not be carried out: a package that stops them is not served. */
  failed(hash: string, reason: string): void {
    if (this.#isIn(hash, "checking") || this.#isIn(hash, "identity")) this.#end("refused", reason);
    else if (this.#isIn(hash, "evaluating")) this.#end("unjudged", `the eval gate is down: ${reason}`);
  }

  report(report: EvidenceReport): void {
    this.#tally = tallied(this.#tally, report);
    if (this.#state.rollout?.phase.name === "step") this.#decide();
  }

  acknowledge(plane: string, hash: string, refusal: string | null): void {
    const { accepted, refusals, rollout } = this.#state;
    if (entryOf(this.#state, hash) === undefined) throw new ControlRefusal("package_unknown", "This region has no such package");
    if (refusal === null) {
      if (!(accepted[hash] ?? []).includes(plane)) this.#write(`plane:${plane}`, { type: "accepted", hash, plane });
      return;
    }
    if (refusals[hash]?.[plane] !== refusal) this.#write(`plane:${plane}`, { type: "plane_refused", hash, plane, reason: refusal });
    if (rollout?.hash === hash && rollout.phase.name === "step") this.#end("refused", `data plane ${plane} refuses it: ${refusal}`);
  }

  /**
   * An alarm from outside: the candidate is rolled back, or, within the bake time of its promotion, the active package.
   * Returns what happened.
   */
  breached(who: string, why: string, make: MakeRestored): "rolled_back" | "restored" | "nothing" {
    if (this.#state.rollout !== null) {
      this.#end("rolled_back", `objective missed: ${why}`, who);
      return "rolled_back";
    }
    const activeAtMs = entryOf(this.#state, this.#state.active)?.activeAtMs ?? null;
    const isFresh = activeAtMs !== null && this.#seams.clock.wallMs() < activeAtMs + this.settings.bakeMs;
    if (!isFresh || rollbackTarget(this.#state, null) === null) return "nothing";
    this.#restore(null, { who, why: `objective missed: ${why}`, make });
    return "restored";
  }

  /**
   * Ends what is on its way; else puts the configuration before the active one, or the one of `to`, back at once as a
   * new version.
   */
  rollback(to: string | null, { who, why, make }: { readonly who: string; readonly why: string; readonly make: MakeRestored }): "cancelled" | "restored" {
    if (this.#state.rollout !== null && to === null) {
      this.#end("cancelled", why, who);
      return "cancelled";
    }
    if (this.#state.rollout !== null) this.#end("cancelled", `rolled back to ${to}: ${why}`, who);
    this.#restore(to, { who, why, make });
    return "restored";
  }

  setIdentity(deployment: string, expected: ExpectedIdentity | null, { who, why }: { readonly who: string; readonly why: string }): void {
    this.#write(who, { type: "identity_set", deployment, expected, why });
  }

  /**
   * For the operator to carry to another region. Throws `ControlRefusal` for a package that this region does not run in
   * full, or not for a minute yet: no clock that was moved makes one sooner.
   */
  receipt(hash: string): Receipt {
    const entry = entryOf(this.#state, hash);
    if (entry === undefined) throw new ControlRefusal("package_unknown", "This region has no such package");
    if (entry.state !== "active" || entry.activeAtMs === null) throw new ControlRefusal("not_active", `The package is ${entry.state.replace("_", " ")}: only the active one has a receipt`);
    const leftMs = this.#activeSinceMs + forceWaitMs - this.#seams.clock.nowMs();
    if (leftMs > 0) throw new ControlRefusal("receipt_baking", `This process has not run the package for 60 s: ${Math.ceil(leftMs / 1_000)} s are left`);
    const { region } = this.settings;
    const times = { startedAtMs: entry.stagedAtMs, reachedAtMs: entry.activeAtMs, signedAtMs: this.#seams.clock.wallMs() };
    return signedReceipt({ region, hash, content: entry.package.content, step: entry.reached, ...times }, this.#seams.keys);
  }

  /** How the present step stands; null outside a step. */
  standing(): (StepEvidence & ReturnType<typeof decideStep>) | null {
    const { rollout, active } = this.#state;
    if (rollout?.phase.name !== "step") return null;
    const { index, sinceMs, baseline } = rollout.phase;
    const step = this.settings.steps[index]!;
    const candidate = countedSince(this.#tally, baseline, rollout.hash);
    // At 100 % the version before has no requests any more: those of the steps before stand for it.
    const control = countedSince(this.#tally, step.share === 1 ? rollout.baseline : baseline, active!);
    return { candidate, control, ...decideStep({ candidate, control }, this.#seams.clock.wallMs() - sinceMs, step, this.settings) };
  }

  #decide(): void {
    const standing = this.standing();
    const { rollout } = this.#state;
    if (standing === null || rollout?.phase.name !== "step" || standing.decision === "hold") return;
    const { decision, reason, candidate, control } = standing;
    if (decision === "roll_back") return this.#end("rolled_back", reason);
    const next = rollout.phase.index + 1;
    const evidence = { candidate, control };
    if (next < this.settings.steps.length) this.#step(next, evidence);
    else this.#write("control", { type: "activated", hash: rollout.hash, evidence });
  }

  #step(index: number, evidence: StepEvidence | null): void {
    const { hash } = this.#state.rollout!;
    this.#write("control", { type: "step", hash, index, share: this.settings.steps[index]!.share, baseline: this.#tallyOf(hash), evidence });
  }

  /** What was counted so far, of the two packages that a step compares. */
  #tallyOf(hash: string): Tally {
    const { active } = this.#state;
    return Object.fromEntries(Object.entries(this.#tally).filter(([key]) => key.endsWith(` ${hash}`) || key.endsWith(` ${active}`)));
  }

  #restore(to: string | null, { who, why, make }: { readonly who: string; readonly why: string; readonly make: MakeRestored }): void {
    const target = rollbackTarget(this.#state, to);
    if (target === null) throw new ControlRefusal("nothing_to_restore", to === null ? "No other configuration was active and acknowledged here" : "This region has no package by that hash that was active and acknowledged by a data plane");
    const facts = make(target, this.#state.active!, versionMaxOf(this.#state) + 1);
    this.#write(who, { type: "restored", package: facts, from: target, why });
  }

  #end(as: "refused" | "unjudged" | "rolled_back" | "cancelled", reason: string, who = "control"): void {
    this.#write(who, { type: "ended", hash: this.#state.rollout!.hash, as, reason });
  }

  #needsEvaluation(): boolean {
    const { rollout, active } = this.#state;
    const answers = (hash: string | null) => entryOf(this.#state, hash)?.package.answers;
    return this.settings.evaluates && answers(rollout!.hash) !== answers(active);
  }

  #isIn(hash: string, phase: "checking" | "identity" | "evaluating"): boolean {
    const { rollout } = this.#state;
    return rollout?.hash === hash && rollout.phase.name === phase;
  }

  #write(who: string, event: ControlEvent): void {
    const line = nextLine({ atMs: this.#seams.clock.wallMs(), who, event }, this.#last, { region: this.settings.region, digest: this.#seams.digest });
    this.#seams.append(line);
    this.#last = line;
    const { active } = this.#state;
    this.#state = evolve(this.#state, event, line);
    if (this.#state.active !== active) this.#activeSinceMs = this.#seams.clock.nowMs();
  }
}
