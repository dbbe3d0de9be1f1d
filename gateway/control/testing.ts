import { createHash } from "node:crypto";
import { ControlPlane, type MakeRestored } from "./core/control-plane.ts";
import { ControlRefusal } from "./core/control-refusal.ts";
import { replay } from "./core/journal.ts";
import type { Receipt, ReceiptKeys } from "./core/receipt.ts";
import type { ControlSettings } from "./core/settings.ts";
import type { ControlEvent, PackageFacts } from "./core/state.ts";

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A signature that names who signed. */
export const keysOf = (own: string, trusted = "a"): ReceiptKeys => ({ sign: (text) => sha256(`${own} ${text}`), verify: (text, signature) => signature === sha256(`${trusted} ${text}`) });

export const settings: ControlSettings = {
  region: "a",
  steps: [0.05, 0.25, 1].map((share) => ({ share, requestsMin: 20, msMin: 5_000 })),
  sizeRatioMax: 1.5,
  rollbackP: 0.01,
  promotionP: 0.05,
  bakeMs: 60_000,
  evaluates: false,
  receiptFrom: null,
};

/**
 * A control plane on a journal in memory, with a clock that is set by hand. `restart` begins again from the journal.
 */
export class ControlRig {
  journal = "";
  nowMs = 1_000_000;
  /** What somebody has moved the wall clock by. */
  skewMs = 0;
  plane: ControlPlane;
  readonly settings: ControlSettings;

  constructor(changes: Partial<ControlSettings> = {}) {
    this.settings = { ...settings, ...changes };
    this.plane = this.#start();
  }

  get events(): readonly ControlEvent[] {
    return this.journal.split("\n").slice(0, -1).map((line) => (JSON.parse(line) as { event: ControlEvent }).event);
  }

  restart(): void {
    this.plane = this.#start();
  }

  push(content: string, changes: Partial<PackageFacts> & { force?: boolean; receipt?: Receipt | null } = {}): string {
    const { force = false, receipt = null, ...facts } = changes;
    const made = this.facts(content, facts);
    this.plane.push({ package: made, who: "operator", why: "test", force, receipt }, () => {});
    return made.hash;
  }

  /** The code of the refusal of a push; null: it was staged. */
  refusal(...parameters: Parameters<ControlRig["push"]>): string | null {
    try {
      this.push(...parameters);
      return null;
    } catch (error) {
      if (error instanceof ControlRefusal) return error.code;
      throw error;
    }
  }

  facts(content: string, changes: Partial<PackageFacts> = {}): PackageFacts {
    const { active, history } = this.plane.state;
    const parent = changes.parent === undefined ? active : changes.parent;
    const version = Math.max(0, ...history.map((entry) => entry.package.version)) + 1;
    return { version, bytes: 100, isEmpty: false, content, answers: content, hash: sha256(`${content} ${parent}`), parent, ...changes };
  }

  /** Passes check and canary. */
  checks(hash: string): void {
    this.plane.checked(hash, null);
    this.plane.identified(hash, []);
  }

  /** A first package that a data plane runs. */
  seeded(): this {
    const hash = this.push("first");
    this.checks(hash);
    this.plane.acknowledge("p1", hash, null);
    return this;
  }

  /** Counts since the data plane's start. */
  report(counts: Readonly<Record<string, readonly [requests: number, bad: number, rejected?: number]>>, { plane = "p1", boot = "1" } = {}): void {
    this.plane.report({ plane, boot, counts: Object.entries(counts).map(([hash, [requests, bad, rejected = 0]]) => ({ hash, good: requests - bad - rejected, bad, rejected })) });
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.plane.advance();
  }

  /** Brings a package to 100 % with good evidence. */
  promote(hash: string): void {
    this.checks(hash);
    for (let step = 1; step <= this.settings.steps.length; step++) {
      this.nowMs += 5_000;
      this.report({ [hash]: [step * 100, 0], [this.plane.state.active!]: [step * 1_000, 0] });
    }
    this.plane.acknowledge("p1", hash, null);
  }

  readonly make: MakeRestored = (from, parent, version) => {
    const { content } = this.plane.state.history.findLast((entry) => entry.package.hash === from)!.package;
    return this.facts(content, { parent, version });
  };

  #start(): ControlPlane {
    const keys = keysOf(this.settings.region);
    return new ControlPlane(this.settings, replay(this.journal, { region: this.settings.region, digest: sha256 }), { clock: { wallMs: () => this.nowMs + this.skewMs, nowMs: () => this.nowMs }, digest: sha256, keys, append: (line) => void (this.journal += `${JSON.stringify(line)}\n`) });
  }
}
