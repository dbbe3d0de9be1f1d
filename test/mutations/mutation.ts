import type { Rng } from "../../kernel/seams.ts";
import type { BaseName } from "./bases.ts";
import { NotApplicable, type RunCopy } from "./run-copy.ts";

/**
 * How far the forger goes: `nothing` is sealed again, the `tap` has a right trailer, or `all` has: `end.json` too, so that only what the records show of each
 * other can give the forgery away.
 */
export type Seal = "nothing" | "tap" | "all";

export interface Mutation {
  readonly name: string;
  readonly seal: Seal;
  /** What it does to the verdict, where it is not found out: no figure at all, or none for the better. With the reason. */
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

type Record_ = Record<string, any>;

/** Changes one tap's records, in place or by returning others. */
export function onTap(tap: string, change: (records: Record_[], context: Context, run: RunCopy) => Record_[] | void): Mutation["change"] {
  return (run, context) => {
    const { header, records } = run.tap(tap);
    run.writeTap(tap, { header, records: change(records, context, run) ?? records }, context.sealsTaps);
  };
}

/** Changes one record of a tap, drawn from those that fit. */
export function onRecord(tap: string, fits: (record: Record_, run: RunCopy) => boolean, change: (record: Record_, records: Record_[], context: Context) => void): Mutation["change"] {
  return onTap(tap, (records, context, run) => {
    const fitting = records.filter((record) => fits(record, run));
    if (fitting.length === 0) throw new NotApplicable("no record fits");
    change(fitting[Math.floor(context.rng.next() * fitting.length)]!, records, context);
  });
}

export function onHeader(tap: string, change: (header: Record_) => void): Mutation["change"] {
  return (run, { sealsTaps }) => {
    const read = run.tap(tap);
    change(read.header);
    run.writeTap(tap, read, sealsTaps);
  };
}
