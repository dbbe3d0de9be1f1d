import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const program = path.join(import.meta.dirname, "stand-in.ts");

/**
 * Writes an executable `k6` that is the stand-in, by this process's own Node, into a new directory. Returns its path.
 */
export function installK6StandIn(): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "blastlab-k6-")), "k6");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}
