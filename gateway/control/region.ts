import { canonicalJson } from "../../kernel/canonical-json.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { CreateHash } from "../../kernel/plan-digest.ts";
import type { Ack, Feed, FeedQuery, OfferedPackage, PlaneReport } from "../config/feed.ts";
import { hashOf, packageBytesMax, processSections, sizeOf, type ConfigPackage } from "../config/package.ts";
import type { ControlFile } from "./config.ts";
import { ControlPlane } from "./core/control-plane.ts";
import { ControlRefusal } from "./core/control-refusal.ts";
import type { Evaluation } from "./core/evaluation.ts";
import type { ExpectedIdentity, IdentityResult } from "./core/identity.ts";
import type { JournalLine, Replayed } from "./core/journal.ts";
import type { Receipt, ReceiptKeys } from "./core/receipt.ts";
import { entryOf, versionMaxOf, type HistoryEntry, type PackageFacts, type Phase } from "./core/state.ts";
import { configDiff, type Change } from "./package-diff.ts";

/** A push as the API takes it. Absent `version`: the next one. */
export interface PushRequest {
  readonly config: Readonly<Record<string, unknown>>;
  readonly runtime?: string | undefined;
  readonly parent: string | null;
  readonly version?: number | undefined;
  readonly hash?: string | undefined;
  readonly who: string;
  readonly why: string;
  readonly force: boolean;
  readonly receipt: Receipt | null;
}

/** What outlives the process: a journal, which only grows, and packages, each kept before the journal refers to it. */
export interface ControlDisk {
  /** As the journal was found; a torn last line has been cut off. */
  readonly replayed: Replayed;
  append(line: JournalLine): void;
  keep(kept: ConfigPackage): void;
  read(hash: string): ConfigPackage;
  /** What the eval gate saw. */
  keepRecords(hash: string, records: readonly object[]): void;
}

export interface RegionOverview {
  readonly activeVersion: number | null;
  /** Null: nothing is on its way. */
  readonly phase: Phase["name"] | null;
  readonly share: number;
  /** `receivedMs`: Unix ms by this process's clock. */
  readonly planes: readonly { readonly plane: string; readonly receivedMs: number; readonly isOnActive: boolean }[];
}

type Config = ConfigPackage["config"];

export interface RegionSeams {
  readonly clock: Clock;
  readonly log: (event: object) => void;
  readonly disk: ControlDisk;
  readonly keys: ReceiptKeys & { readonly publicKey: string };
  readonly createHash: CreateHash;
  readonly effects: {
    /** What the data plane's own loader says about a configuration: null when it would run it, else why not. */
    readonly check: (config: Config) => Promise<string | null>;
    /** Asks every deployment of a configuration who it is; null: nobody asks. */
    readonly identify: ((config: Config, identities: Readonly<Record<string, ExpectedIdentity>>) => Promise<readonly IdentityResult[]>) | null;
    /** Compares the answers of a candidate with those of the active configuration; `keep` gets what was seen. */
    readonly evaluate: (active: Config, candidate: Config, keep: (records: readonly object[]) => void) => Promise<Evaluation>;
    /** Ends what is under way. */
    readonly stop: () => void;
  };
}

/** What decides the answers to a question; the rest is about who may ask, how much, and how it gets there. */
const answerSections = ["deployments", "routes", "registry", "guards", "contractCheck"] as const;

/**
 * The control plane of a region over its disk and its effects: the loader, the canary, and the passing of time. The
 * same in both harnesses.
 */
export class Region {
  readonly plane: ControlPlane;
  readonly publicKey: string;
  readonly #clock: Clock;
  readonly #disk: ControlDisk;
  readonly #reports = new Map<string, PlaneReport & { readonly receivedMs: number }>();
  readonly #seams: RegionSeams;
  #isClosed = false;
  /** The package that is being checked or asked. */
  #effect: string | null = null;

  constructor(file: ControlFile, seams: RegionSeams) {
    const { clock, log, disk, keys } = seams;
    this.#seams = seams;
    this.#clock = clock;
    this.#disk = disk;
    this.publicKey = keys.publicKey;
    if (this.#disk.replayed.torn) log({ event: "journal_torn", message: "The journal's last line was not whole and was never in force: it was cut off" });
    const { region, steps, sizeRatioMax, rollbackP, promotionP, bakeMs, receiptFrom } = file;
    const append = (line: Parameters<ControlDisk["append"]>[0]) => {
      this.#disk.append(line);
      log({ event: line.event.type, who: line.who, sequence: line.sequence, ..."hash" in line.event && { hash: line.event.hash }, ..."reason" in line.event && { reason: line.event.reason } });
    };
    this.plane = new ControlPlane({ region, steps, sizeRatioMax, rollbackP, promotionP, bakeMs, evaluates: file.evals.length > 0, receiptFrom: receiptFrom?.region ?? null }, this.#disk.replayed, { clock, digest: (text) => this.#sha256(text), keys, append });
    const known = this.plane.state.identities;
    // The file's identities count until the journal has some of its own: from then on only the audited command changes
    // them.
    if (this.#disk.replayed.last === null) for (const [deployment, expected] of Object.entries(file.identities)) if (known[deployment] === undefined) this.plane.setIdentity(deployment, expected, { who: "file", why: "first start" });
  }

  /** Time passes, and what is due is begun. To be called about once a second. */
  tick(): void {
    this.plane.advance();
    void this.#work();
  }

  close(): void {
    this.#isClosed = true;
    this.#seams.effects.stop();
  }

  push({ config, runtime, parent, version = versionMaxOf(this.plane.state) + 1, hash: named, who, why, force, receipt }: PushRequest): { readonly hash: string; readonly version: number } {
    const hash = hashOf({ config, runtime, parent }, this.#seams.createHash);
    if (named !== undefined && named !== hash) throw new ControlRefusal("hash_mismatch", "The package's hash is not that of its content");
    const made = { version, hash, parent, madeAt: this.#clock.wallMs(), config, ...(runtime !== undefined && { runtime }) };
    const bytes = sizeOf(made);
    if (bytes > packageBytesMax) throw new ControlRefusal("too_large", `The package has ${bytes} bytes; data planes run at most ${packageBytesMax}`);
    let kept = version;
    this.plane.push({ package: this.#factsOf(made, bytes), who, why, force, receipt }, (given) => this.#disk.keep({ ...made, version: (kept = given) }));
    void this.#work();
    return { hash, version: kept };
  }

  rollback(to: string | null, { who, why }: { readonly who: string; readonly why: string }): "cancelled" | "restored" {
    return this.plane.rollback(to === null ? null : this.#resolve(to), { who, why, make: this.#restored });
  }

  breached(who: string, why: string): "rolled_back" | "restored" | "nothing" {
    return this.plane.breached(who, why, this.#restored);
  }

  evaluateAgain(who: string, why: string): void {
    this.plane.evaluateAgain(who, why);
    void this.#work();
  }

  /** The feed of a data plane; packages that it has (`have`) are sent as their hash alone. */
  feed({ have }: Pick<FeedQuery, "have">): Feed {
    const { current, candidate } = this.plane.feed;
    const offer = (hash: string): OfferedPackage => (have.includes(hash) ? { hash } : this.#disk.read(hash));
    return { revision: this.revision, current: current === null ? null : offer(current), candidate: candidate === null ? null : { package: offer(candidate.hash), share: candidate.share } };
  }

  get revision(): string {
    const { current, candidate } = this.plane.feed;
    return `${current ?? ""}/${candidate?.hash ?? ""}/${candidate?.share ?? ""}`;
  }

  acknowledge({ plane, hash, accepted, reason }: Ack): void {
    this.plane.acknowledge(plane, hash, accepted ? null : (reason ?? "without a reason"));
  }

  report(report: PlaneReport): void {
    this.#reports.set(report.plane, { ...report, receivedMs: this.#clock.wallMs() });
    this.plane.report({ plane: report.plane, boot: report.boot, counts: report.evidence.map(({ hash, requests, bad, rejected }) => ({ hash, good: Math.max(0, requests - bad - rejected), bad, rejected })) });
  }

  status(): object {
    const { state, settings } = this.plane;
    const { accepted, refusals } = state;
    const planes = [...this.#reports.values()].map(({ plane, atMs, current, candidate, packages, diskTrouble }) => ({ plane, atMs, current, candidate, refused: packages.filter((each) => each.state === "refused"), diskTrouble }));
    const rollout = state.rollout && {
      ...entryOf(state, state.rollout.hash),
      phase: state.rollout.phase.name,
      ...(state.rollout.phase.name === "waiting" && { waitMs: this.plane.waitLeftMs }),
      ...(state.rollout.phase.name === "step" && { step: state.rollout.phase.index + 1, of: settings.steps.length, share: settings.steps[state.rollout.phase.index]!.share, standing: this.plane.standing() }),
      accepted: accepted[state.rollout.hash] ?? [],
      refusals: refusals[state.rollout.hash] ?? {},
    };
    return { region: settings.region, active: entryOf(state, state.active) ?? null, activeOn: accepted[state.active ?? ""] ?? [], rollout, versionMax: versionMaxOf(state), identities: state.identities, planes, publicKey: this.publicKey };
  }

  /**
   * What metrics show: the active version, the rollout with its share of the clients, and each data plane's last
   * report.
   */
  overview(): RegionOverview {
    const { state, settings } = this.plane;
    const phase = state.rollout?.phase ?? null;
    return {
      activeVersion: entryOf(state, state.active)?.package.version ?? null,
      phase: phase?.name ?? null,
      share: phase?.name === "step" ? settings.steps[phase.index]!.share : 0,
      planes: [...this.#reports.values()].map(({ plane, receivedMs, current }) => ({ plane, receivedMs, isOnActive: current !== null && current === state.active })),
    };
  }

  history(): readonly HistoryEntry[] {
    return this.plane.state.history;
  }

  diff(from: string, to: string): { readonly from: string; readonly to: string; readonly changes: readonly Change[] } {
    const [before, after] = [this.#resolve(from), this.#resolve(to)];
    return { from: before, to: after, changes: configDiff(this.#disk.read(before).config, this.#disk.read(after).config) };
  }

  receipt(hash: string): Receipt {
    return this.plane.receipt(this.#resolve(hash));
  }

  /** A package by its version, its hash or the hash's beginning. */
  #resolve(named: string): string {
    const found = new Set(this.plane.state.history.filter(({ package: { hash, version } }) => (named.length >= 6 && hash.startsWith(named)) || String(version) === named).map(({ package: { hash } }) => hash));
    if (found.size === 1) return [...found][0]!;
    throw new ControlRefusal("package_unknown", found.size === 0 ? `This region has no package "${named}"` : `Several packages begin with "${named}"`);
  }

  readonly #restored = (from: string, parent: string, version: number): PackageFacts => {
    const { config, runtime } = this.#disk.read(from);
    const made = { version, parent, madeAt: this.#clock.wallMs(), config, ...(runtime !== undefined && { runtime }), hash: hashOf({ config, runtime, parent }, this.#seams.createHash) };
    this.#disk.keep(made);
    return this.#factsOf(made, sizeOf(made));
  };

  /** Checks or asks the package on its way, once at a time. What was interrupted by a restart begins again. */
  async #work(): Promise<void> {
    const { rollout } = this.plane.state;
    const phase = rollout?.phase.name;
    const effect = phase === "checking" ? this.#check : phase === "identity" ? this.#identify : phase === "evaluating" ? this.#evaluate : null;
    if (rollout === null || this.#effect !== null || effect === null) return;
    this.#effect = rollout.hash;
    try {
      await effect(rollout.hash);
    } catch (error) {
      if (!this.#isClosed) this.plane.failed(rollout.hash, phase === "evaluating" ? messageOf(error) : `a data plane with it does not run: ${messageOf(error)}`);
    } finally {
      this.#effect = null;
    }
    if (!this.#isClosed && this.plane.state.rollout?.phase.name !== phase) await this.#work();
  }

  readonly #check = async (hash: string): Promise<void> => {
    const { config } = this.#disk.read(hash);
    const own = processSections.filter((section) => Object.hasOwn(config, section));
    const reason = own.length > 0 ? `${own.join(", ")}: belongs to the gateway's own file, not to a package` : await this.#seams.effects.check(config);
    this.plane.checked(hash, reason);
  };

  readonly #identify = async (hash: string): Promise<void> => {
    const { config } = this.#disk.read(hash);
    const results = (await this.#seams.effects.identify?.(config, this.plane.state.identities)) ?? [];
    this.plane.identified(hash, results);
  };

  readonly #evaluate = async (hash: string): Promise<void> => {
    const keep = (records: readonly object[]) => this.#disk.keepRecords(hash, records);
    const { decision, reasons } = await this.#seams.effects.evaluate(this.#disk.read(this.plane.state.active!).config, this.#disk.read(hash).config, keep);
    this.plane.evaluated(hash, { decision, reasons });
  };

  #factsOf({ version, hash, parent, config, runtime }: ConfigPackage, bytes: number): PackageFacts {
    const listed = (name: string) => Array.isArray(config[name]) && config[name].length > 0;
    const answers = this.#sha256(canonicalJson(answerSections.map((name) => config[name] ?? null)));
    return { version, hash, parent, content: this.#sha256(canonicalJson({ config, runtime: runtime ?? null })), answers, bytes, isEmpty: !listed("deployments") || !listed("routes") };
  }

  #sha256(text: string): string {
    const hash = this.#seams.createHash("sha256");
    hash.update(text);
    return hash.digest("hex");
  }
}
