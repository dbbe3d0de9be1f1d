import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { findRedis } from "../../lab/tools/on-path.ts";
import type { ClientRecord, FaultRecord, RunEnd } from "../../kernel/records.ts";
import { readPlan, readTap, readVerdict, startCli } from "../support/cli.ts";
import { redisNote } from "../support/redis.ts";

const support = (name: string) => path.resolve(import.meta.dirname, "../support", name);

test.skipIf(findRedis() === null)(`live world: the gateway outlives its store and its collector, slow, dead and cut off${redisNote}`, async () => {
  const stack = ["--stack", support("shared-stack.yaml")];
  await using cli = await startCli(["run", support("dependencies.yaml"), ...stack, "--out", "{out}", "--load", "embedded", "--network", "embedded"]);
  const { stdout, stderr } = await cli.ended;
  expect(cli.alive(), "processes left").toEqual([]);
  const end = JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8")) as RunEnd;
  expect(end, `${stdout}\n${stderr}`).toMatchObject({ reason: "completed", troubles: [], stillInForce: [] });
  const faults = readTap<FaultRecord>(cli.directory, "faults");
  for (const { id } of readPlan(cli.directory).faults) expect(faults.filter(({ fault }) => fault === id).map(({ action }) => action), id).toEqual(["injected", "lifted"]);
  const client = readTap<ClientRecord>(cli.directory, "client");
  expect(client.filter(({ end: how, status }) => how !== "complete" || status !== 200)).toEqual([]);
  expect(readVerdict(cli.directory).books).toMatchObject({ balanced: true });
});
