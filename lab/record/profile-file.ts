import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Incident } from "../../scenarios/incident.ts";
import type { RecordedProfile } from "./core/profile.ts";

export const profileSchemaName = "blastlab.profile/1";

/** The file of a recording. A scenario's `latency` and an `incident` fault may name it. */
export interface ProfileFile extends RecordedProfile {
  readonly schema: typeof profileSchemaName;
  /** Origin of the provider. */
  readonly upstream: string;
  readonly recordedAt: string;
  /** Requests that came after a recording was full; they were passed on all the same. */
  readonly notRecorded: number;
  /** What went wrong during the recording; null when nothing did. */
  readonly incident: Incident | null;
}

/** Throws LabError `out_exists`, `out_not_writable`, before anything is recorded. */
export function checkProfileOut(out: string): void {
  if (existsSync(out)) throw notWritable("out_exists", out, "there is a file already");
  if (!existsSync(path.dirname(path.resolve(out)))) throw notWritable("out_not_writable", out, "its directory does not exist");
}

/** All of it or nothing. Throws LabError `out_not_writable`. */
export function writeProfile(out: string, profile: ProfileFile): void {
  const beside = `${out}.${process.pid}.part`;
  try {
    writeFileSync(beside, `${JSON.stringify(profile, null, 2)}\n`, { flag: "wx" });
    renameSync(beside, out);
  } catch (error) {
    rmSync(beside, { force: true });
    throw notWritable("out_not_writable", out, messageOf(error));
  }
}

function notWritable(code: string, out: string, why: string): LabError {
  return new LabError({ exit: "refused", code, message: `Cannot write the profile "${out}": ${why}`, hint: "Give a new file in a directory that exists with --out" });
}
