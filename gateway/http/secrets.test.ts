import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { envSecrets } from "./secrets-env.ts";
import { liveSecrets } from "./secrets.ts";
import { untilPasses } from "../../test/support/until-passes.ts";

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function pass(clock: VirtualClock, ms: number): Promise<void> {
  clock.at(clock.nowMs() + ms, () => {});
  await clock.run();
}

test("liveSecrets: env and file references, each by its own; what is absent is named and no value is", async () => {
  const file = path.join(folder(), "key");
  writeFileSync(file, "from-file\n");
  const secrets = liveSecrets({ KEY: "from-env" }, new VirtualClock());
  expect(await secrets.read("env:KEY", neverSignal)).toBe("from-env");
  expect(await secrets.read(`file:${file}`, neverSignal)).toBe("from-file");
  await expect(secrets.read("env:OTHER", neverSignal)).rejects.toThrow(`Cannot read secret "env:OTHER": it is not set`);
  await expect(secrets.read("file:/no/such/file", neverSignal)).rejects.toThrow(`Cannot read secret "file:/no/such/file": ENOENT`);
  writeFileSync(file, " \n");
  await expect(liveSecrets({}, new VirtualClock()).read(`file:${file}`, neverSignal)).rejects.toThrow("its file is empty");
  await expect(liveSecrets({}, new VirtualClock()).read("file:/dev/zero", neverSignal)).rejects.toThrow(`Cannot read secret "file:/dev/zero": its file is longer than 65536 bytes`);
});

test("liveSecrets: a file that is replaced is in force a second later, without restart", async () => {
  const file = path.join(folder(), "key");
  writeFileSync(file, "old");
  const clock = new VirtualClock();
  const secrets = liveSecrets({}, clock);
  const read = () => secrets.read(`file:${file}`, neverSignal);
  expect(await read()).toBe("old");
  writeFileSync(file, "new");
  expect(await read()).toBe("old");
  await pass(clock, 1_000);
  expect(await read()).toBe("new");
});

test("liveSecrets: a file that is away for a moment keeps its last value; one that never was is asked again", async () => {
  const file = path.join(folder(), "key");
  const clock = new VirtualClock();
  const secrets = liveSecrets({}, clock);
  const read = () => secrets.read(`file:${file}`, neverSignal);
  await expect(read()).rejects.toThrow("ENOENT");
  writeFileSync(file, "here");
  expect(await read()).toBe("here");
  rmSync(file);
  await pass(clock, 5_000);
  expect(await read()).toBe("here");
});

test("liveSecrets: a file that does not answer keeps its last value, one read at a time, and is in force once it does", async () => {
  const file = path.join(folder(), "key");
  const clock = new VirtualClock();
  const secrets = liveSecrets({}, clock);
  const read = () => secrets.read(`file:${file}`, neverSignal);
  writeFileSync(file, "old");
  expect(await read()).toBe("old");
  rmSync(file);
  execFileSync("mkfifo", [file]);
  await pass(clock, 1_000);
  const waiting = [read(), read()];
  await pass(clock, 250);
  expect(await Promise.all(waiting)).toEqual(["old", "old"]);
  for (let count = 0; count < 10; count++) {
    await pass(clock, 1_000);
    expect(await read()).toBe("old");
  }
  const pipe = await open(file, "w");
  await pipe.writeFile("new");
  await pipe.close();
  rmSync(file);
  writeFileSync(file, "new");
  await untilPasses(async () => expect(await read()).toBe("new"));
});

test("envSecrets: reads by reference; a missing one is named, no value is", async () => {
  const secrets = envSecrets({ KEY: "value", EMPTY: "" });
  expect(await secrets.read("env:KEY", neverSignal)).toBe("value");
  for (const reference of ["env:NONE", "env:EMPTY", "KEY", "vault:KEY"]) {
    await expect(secrets.read(reference, neverSignal)).rejects.toThrow(`Cannot read secret "${reference}": it is not set`);
  }
});
