import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { ClientRecord, FaultRecord, RunEnd } from "../../kernel/records.ts";
import { expectCode } from "../support/exit-code.ts";
import { readPlan, readTap, readVerdict, runCli, startCli } from "../support/cli.ts";

const components = path.resolve(import.meta.dirname, "../support/components.yaml");

test("live world: the gateway is killed, paused and restarted as planned, and the records show it", async () => {
  await using cli = await startCli(["run", components, "--out", "{out}", "--load", "embedded", "--network", "embedded"]);
  const { stdout, stderr } = await cli.ended;
  expect(cli.alive(), "processes left").toEqual([]);
  const end = JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8")) as RunEnd;
  expect(end, `${stdout}\n${stderr}`).toMatchObject({ reason: "completed", troubles: [], stillInForce: [] });

  const faults = readTap<FaultRecord>(cli.directory, "faults");
  const planned = readPlan(cli.directory).faults.map(({ id }) => id);
  for (const id of planned) expect(faults.filter(({ fault }) => fault === id).map(({ action }) => action), id).toEqual(["injected", "lifted"]);
  const spanOf = (id: string) => {
    const [injected, lifted] = faults.filter(({ fault }) => fault === id);
    return { fromMs: injected!.atMs, toMs: lifted!.plannedMs, servesMs: lifted!.atMs };
  };
  const client = readTap<ClientRecord>(cli.directory, "client");
  const completedBetween = (fromMs: number, toMs: number) => client.filter(({ end: how, endMs }) => how === "complete" && endMs > fromMs && endMs < toMs);

  const kill = spanOf("kill-gateway");
  const during = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => client.filter(({ sentMs, endMs }) => sentMs !== null && sentMs > fromMs && endMs < toMs);
  const whileDead = during(kill);
  expect(whileDead.length).toBeGreaterThan(0);
  // A proxy in front of the gateway accepts, and closes when it finds nobody behind it.
  for (const { end: how } of whileDead) expect(["refused", "reset", "closed_early"]).toContain(how);
  const pause = spanOf("pause-gateway");
  expect(completedBetween(kill.servesMs, pause.fromMs).length).toBeGreaterThan(0);
  expect(client.filter(({ sentMs }) => sentMs !== null && sentMs > pause.fromMs && sentMs < pause.toMs).length).toBeGreaterThan(0);
  expect(during(pause).filter(({ end: how }) => how === "complete")).toEqual([]);
  const restart = spanOf("restart-gateway");
  expect(completedBetween(pause.servesMs, restart.fromMs).length).toBeGreaterThan(0);
  expect(completedBetween(restart.servesMs, Infinity).length).toBeGreaterThan(10);

  expect(readVerdict(cli.directory).wrong.length).toBeGreaterThan(0);
});

test("blastlab run: a fault that the live lab cannot have is refused before anything starts", async () => {
  const faults = "faults=[{kind: process, action: kill, target: {role: provider, deployment: primary}, lengthMs: 1000}]";
  const ended = await runCli(["run", components, "--out", "{out}", "--load", "embedded", "--network", "embedded", "--set", faults]);
  expectCode(ended, 4);
  expect(ended.stderr).toContain("a simulated provider keeps its records in one piece");
});
