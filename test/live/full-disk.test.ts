import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCli } from "../support/cli.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");

/** A file system of 24 MiB; null where this user may not mount one. */
function smallDisk(): string | null {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]);
  onTestFinished(() => {
    if (status === 0) execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return status === 0 ? folder : null;
}

/** Until nothing more can be written. */
function fill(file: string): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(64 << 10));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
  }
}

test("a live run: a disk that becomes full ends it at once, with its reason, a true end.json and a report", async ({ skip }) => {
  const disk = smallDisk();
  if (disk === null) return skip("this user may not mount a file system");
  const directory = path.join(disk, "run");
  await using cli = await startCli(["run", brisk, "--out", directory, "--load", "embedded", "--network", "embedded"]);
  await cli.printed(/everything is up/);
  fill(path.join(disk, "filler"));
  const { code, stderr } = await cli.ended;
  expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringMatching(/^error: The disk that holds ".*run" is full \(0\.\d MiB left\): the run is void\nhint: Free some space/m) as unknown });
  expect(cli.alive()).toEqual([]);
  expect(JSON.parse(readFileSync(path.join(directory, "end.json"), "utf8"))).toMatchObject({ reason: "failed", message: expect.stringContaining("is full") as unknown });
  expect(readFileSync(path.join(directory, "report.md"), "utf8")).toContain("is full");
});
