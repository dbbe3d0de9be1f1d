import type { Rng } from "../../kernel/seams.ts";
import type { CountedRecord, CanaryRecord, ClientRecord, FaultRecord, TapHeader, WireRecord } from "../../kernel/records.ts";
import type { BaseName } from "./bases.ts";
import { NotApplicable, type Mutable, type RunCopy } from "./run-copy.ts";

/**
 * How far the forger goes: `nothing` is sealed again, the `tap` has a right trailer, or `all` has: `end.json` too, so
 * that only what the records show of each other can give the forgery away.
 */
export type Seal = "nothing" | "tap" | "all";

export interface Mutation {
  readonly name: string;
  readonly seal: Seal;
  /**
   * What it does to the verdict, where it is not found out: no figure at all, or none for the better. With the reason.
   */
  readonly harmless?: string;
  readonly noBetter?: string;
  /** Bases where it has no such effect. */
  readonly foundIn?: readonly BaseName[];
  readonly change: (run: RunCopy, context: Context) => void;
}

export interface Context {
  readonly rng: Rng;
  /** Another base's files. */
  readonly other: RunCopy;
  readonly sealsTaps: boolean;
}

/** What each tap holds. */
interface Taps {
  readonly client: ClientRecord;
  readonly "wire-primary": WireRecord;
  readonly "wire-fallback": WireRecord;
  readonly canary: CanaryRecord;
  readonly counted: CountedRecord;
  readonly faults: FaultRecord;
}

type Of<T extends keyof Taps> = Mutable<Taps[T]>;

/** Changes one tap's records, in place or by returning others. */
export function onTap<T extends keyof Taps>(tap: T, change: (records: Of<T>[], context: Context, run: RunCopy) => Of<T>[] | void): Mutation["change"] {
  return (run, context) => {
    const { header, records } = run.tap<Taps[T]>(tap);
    run.writeTap(tap, { header, records: change(records, context, run) ?? records }, context.sealsTaps);
  };
}

/** Changes one record of a tap, drawn from those that fit. */
export function onRecord<T extends keyof Taps>(tap: T, fits: (record: Of<T>, run: RunCopy) => boolean, change: (record: Of<T>, records: Of<T>[], context: Context) => void): Mutation["change"] {
  return onTap(tap, (records, context, run) => {
    const fitting = records.filter((record) => fits(record, run));
    if (fitting.length === 0) throw new NotApplicable("no record fits");
    change(fitting[Math.floor(context.rng.next() * fitting.length)]!, records, context);
  });
}

/** Adds to the times of all records of a tap. */
export function shiftedTap(tap: keyof Taps, fields: readonly string[], byMs: number): Mutation["change"] {
  return (run, { sealsTaps }) => {
    const { header, records } = run.tap<Record<string, unknown>>(tap);
    if (records.length === 0) throw new NotApplicable("it is empty");
    for (const record of records) for (const field of fields) if (typeof record[field] === "number") record[field] += byMs;
    run.writeTap(tap, { header, records }, sealsTaps);
  };
}

export function onHeader(tap: keyof Taps, change: (header: Mutable<TapHeader>) => void): Mutation["change"] {
  return (run, { sealsTaps }) => {
    const read = run.tap(tap);
    change(read.header);
    run.writeTap(tap, read, sealsTaps);
  };
}
