import { seededRng } from "../../../kernel/rng.ts";
import type { Clock } from "../../../kernel/seams.ts";
import { Canceller } from "../../../kernel/signal.ts";
import { configOf } from "../testing/rig.ts";
import { PackageFollower } from "./follower.ts";
import type { ControlPort, FeedAnswer, PackageDisk, PackageEvent } from "./ports.ts";

export const hashOf = (version: number) => version.toString(16).padStart(64, "0");

/** A package that `checkOffer` refuses where `config.refuse` has a reason. */
export const offer = (version: number, config: { readonly refuse?: string } = {}) => ({ hash: hashOf(version), version, config });
type Offer = ReturnType<typeof offer>;

/** A control plane that offers the given packages and records the acknowledgements. */
export class Control {
  feed: Omit<FeedAnswer, "revision"> = { current: null, candidate: null };
  revision = 1;
  isDead = false;
  /** Steps that an acknowledgement takes before it is there. */
  ackSteps = 1;
  readonly acks: { hash: string; accepted: boolean; reason?: string }[] = [];
  /** Called with the revision that a data plane says it has followed. */
  onFollowed: (revision: number) => void = () => {};

  get acknowledged(): ReadonlySet<string> {
    return new Set(this.acks.filter(({ accepted }) => accepted).map(({ hash }) => hash));
  }

  push(current: FeedAnswer["current"], candidate: FeedAnswer["candidate"] = null): void {
    this.feed = { current, candidate };
    this.revision++;
  }

  /** As a data plane reaches it: each request takes a step, and so does the answer to an acknowledgement. */
  port(step: Step): ControlPort {
    return {
      feed: async ({ have, seen }) => {
        await step();
        if (this.isDead) throw new Error("refused");
        if (seen !== null) this.onFollowed(Number(seen));
        const named = <T extends { hash: string }>(each: T) => (have.includes(each.hash) ? { hash: each.hash } : each);
        const { current, candidate } = this.feed;
        return { revision: String(this.revision), current: current && named(current), candidate: candidate && { ...candidate, package: named(candidate.package) } };
      },
      ack: async (ack) => {
        for (let count = 0; count < this.ackSteps; count++) await step();
        if (this.isDead) throw new Error("refused");
        this.acks.push(ack);
        await step();
      },
      report: () => Promise.resolve(),
    };
  }
}

/** A contact of a process with the outside. It never ends in a process that is dead by then. */
export type Step = () => Promise<void>;

/** Steps of `stepMs`; the process is dead at the last of `stepsMax`. */
export function stepsOf(clock: Clock, stepsMax: number, stepMs = 1): { readonly step: Step; readonly kill: () => void } {
  let left = stepsMax;
  const never = new Promise<never>(() => {});
  return {
    step: async () => {
      await clock.sleep(stepMs);
      if (--left <= 0) await never;
    },
    kill: () => void (left = 0),
  };
}

export interface Life {
  readonly follower: PackageFollower;
  readonly events: PackageEvent[];
  readonly ending: Canceller;
  /** Once it has read its disk and begins to follow. Never in a life that ends before. */
  readonly started: Promise<void>;
}

interface LifeOptions {
  readonly clock: Clock;
  readonly control: Control;
  readonly disk: PackageDisk;
  readonly step: Step;
  readonly prepare?: (hash: string) => void;
  readonly seed?: number;
  readonly onEvent?: (event: PackageEvent) => void;
}

/** One life of a data plane's process, from its start on. */
export function live({ clock, control, disk, step, prepare = () => {}, seed = 1, onEvent = () => {} }: LifeOptions): Life {
  const ending = new Canceller();
  const events: PackageEvent[] = [];
  const follower = new PackageFollower(configOf(), {
    clock,
    rng: seededRng(seed),
    control: control.port(step),
    disk,
    check: (offered) => {
      const { hash, version, config } = offered as Offer;
      return config.refuse === undefined ? { ok: { id: { hash, version }, config: configOf() } } : { reason: config.refuse };
    },
    prepare: async ({ id }) => {
      await step();
      prepare(id!.hash);
      await step();
    },
    evidence: () => [],
    emit: (event) => {
      events.push(event);
      onEvent(event);
    },
  });
  const started = follower.start();
  void started.then(() => follower.follow(ending.signal));
  return { follower, events, ending, started };
}

/** Hash of the current package; null: the configuration of the file. */
export function runningHash({ follower }: Life): string | null {
  return follower.current().current.id?.hash ?? null;
}
