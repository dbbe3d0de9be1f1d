import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { RunEnd } from "../../kernel/records.ts";
import { readVerdict, startCli } from "../support/cli.ts";
import { startStubbornToxiproxy } from "../support/stubborn-toxiproxy.ts";
import { startForeignToxiproxy } from "../support/toxiproxy.ts";
import { expectCode } from "../support/exit-code.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");

test("conductor: a fault that cannot be lifted: verdict unknown, exit 2, and a sentence that names it", async () => {
  await using foreign = await startForeignToxiproxy();
  await using stubborn = await startStubbornToxiproxy(foreign.url);
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", "--toxiproxy-url", stubborn.url, "--set", "faults.0.lengthMs=3000", "--set", "faults.1.lengthMs=3000"]);
  const ended = await cli.ended;
  expectCode(ended, 2);
  const { stdout } = ended;
  const end = JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8")) as RunEnd;
  expect(end.reason).toBe("completed");
  expect(end.stillInForce.map(({ description }) => description)).toEqual([expect.stringMatching(/^toxic "latency-primary" .*primary"$/), expect.stringMatching(/^toxic "bandwidth-fallback" .*fallback"$/)]);
  const verdict = readVerdict(cli.directory);
  expect(verdict.verdict).toBe("unknown");
  expect(verdict.reasons).toContainEqual(expect.stringMatching(/^Still in force when the run ended, and perhaps now: toxic "latency-primary"/));
  expect(stdout).toContain("Still in force when the run ended");
  expect(cli.alive(), "processes left").toEqual([]);
});
