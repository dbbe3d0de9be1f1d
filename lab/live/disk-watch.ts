import { rmSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../../kernel/errors.ts";
import type { RunDirectory } from "./directory.ts";

/** A run that goes on with less would lose records. */
const freeBytesMin = 4 << 20;
/** Kept back on the disk, so that a run can be closed and judged when the rest is full. */
const reserveBytes = 512 << 10;
const lookEveryMs = 500;

/** Watches the disk of a run directory. */
export interface DiskWatch extends Disposable {
  /** Rejects with LabError `failed` `disk_full`; never resolves. */
  readonly full: Promise<never>;
  /** Gives the reserve back: the run is about to be closed. Harmless when called twice. */
  release(): void;
}

export function watchDisk(directory: RunDirectory): DiskWatch {
  const reserve = path.join(path.dirname(directory.log("reserve")), ".reserve");
  writeFileSync(reserve, Buffer.alloc(reserveBytes, "."));
  const full = Promise.withResolvers<never>();
  // The run races it against its own work; between two races a rejection is not unhandled.
  full.promise.catch(() => {});
  const look = async () => {
    const { bavail, bsize } = await statfs(directory.path);
    if (bavail * bsize < freeBytesMin) full.reject(diskFull(directory.path, bavail * bsize));
  };
  // A file system that does not say how full it is is not watched.
  const timer = setInterval(() => void look().catch(() => {}), lookEveryMs);
  timer.unref();
  const release = () => rmSync(reserve, { force: true });
  return {
    full: full.promise,
    release,
    [Symbol.dispose]: () => {
      clearInterval(timer);
      release();
    },
  };
}

function diskFull(directory: string, bytes: number): LabError {
  return new LabError({
    exit: "failed",
    code: "disk_full",
    message: `The disk that holds "${directory}" is full (${(bytes / 2 ** 20).toFixed(1)} MiB left): the run is void`,
    hint: "Free some space, or write the run elsewhere with --out DIR",
  });
}
