import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ClientRecord, FaultRecord, RunEnd } from "../../kernel/records.ts";
import { freePort } from "../../lab/live/free-port.ts";
import { readTap, runCli, startCli } from "../support/cli.ts";
import { untilPasses } from "../support/until-passes.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");
const gatewayMain = path.resolve(import.meta.dirname, "../../gateway/main.ts");

/**
 * A stack file whose gateway is a program of the user's: the reference gateway, which the lab does not recognise as
 * such.
 */
async function stackFile(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-own-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [port, primary, fallback] = [await freePort(), await freePort(), await freePort()];
  const stack = path.join(folder, "mine.yaml");
  const config = {
    listen: { host: "127.0.0.1", port },
    keys: [{ key: "sk-blastlab", team: "support", feature: "chat" }],
    deployments: [
      { name: "primary", dialect: "openai", model: "gpt-4o-mini", baseUrl: `http://127.0.0.1:${primary}/v1`, credential: "env:MY_KEY" },
      { name: "fallback", dialect: "anthropic", model: "claude-3-5-haiku-20241022", baseUrl: `http://127.0.0.1:${fallback}/v1`, credential: "env:MY_KEY" },
    ],
    routes: [{ name: "assistant", deployments: ["primary", "fallback"] }],
  };
  const files = { "gateway.json": JSON.stringify(config) };
  const command = { program: process.execPath, args: [gatewayMain, "--config", "{files}/gateway.json"], files, env: { MY_KEY: "sk-simulated" }, passEnv: ["PASSED_KEY"] };
  writeFileSync(stack, JSON.stringify({ name: "mine", title: "Mine", external: { url: `http://127.0.0.1:${port}/v1`, headers: { "x-tenant": "blue" }, linkPorts: { primary, fallback }, command } }));
  return stack;
}

/** The stack passes one of them. */
const environment = { PASSED_KEY: "sk-passed", KEPT_KEY: "sk-kept" };

/** Command lines of the processes whose environment holds a value; the lab's own command is not among them. */
function seeing(value: string, pids: readonly number[]): readonly string[] {
  const holders = pids.filter((pid) => readProcess(pid, "environ").includes(value));
  return holders.map((pid) => readProcess(pid, "cmdline").replaceAll("\0", " ")).filter((line) => !line.includes("blastlab.mjs run") && !line.includes("lab/cli/main.ts run"));
}

/** Empty for a process that has ended meanwhile. */
function readProcess(pid: number, file: "environ" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

const restart = ["--set", "faults=[{kind: process, action: restart, target: {role: gateway}, fromMs: 1000}]"];
/** Time enough for a slow machine to start the gateway again. */
const longRecovery = ["--set", "timeline.recoveryMs=15000"];
const parts = ["--out", "{out}", "--load", "embedded", "--network", "embedded"];

test("own gateway: one that the stack file starts is killed and restarted, and ends with the run", async () => {
  await using cli = await startCli(["run", brisk, "--stack", await stackFile(), "--allow-commands", ...restart, ...longRecovery, ...parts], environment);
  await cli.printed(/the timeline starts/);
  // For a moment there is none: it is restarted.
  await untilPasses(() => expect(seeing("sk-passed", cli.alive())).toEqual([expect.stringContaining("gateway.json")]));
  expect(seeing("sk-kept", cli.alive())).toEqual([]);
  const { stdout, stderr } = await cli.ended;
  expect(cli.alive(), "processes left").toEqual([]);
  const end = JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8")) as RunEnd;
  expect(end, `${stdout}\n${stderr}`).toMatchObject({ reason: "completed", troubles: [], stillInForce: [], componentExits: [] });
  const faults = readTap<FaultRecord>(cli.directory, "faults");
  expect(faults.map(({ action }) => action)).toEqual(["injected", "lifted"]);
  const client = readTap<ClientRecord>(cli.directory, "client");
  expect(client.filter(({ end: how, sentMs }) => how === "complete" && sentMs !== null && sentMs > faults[1]!.atMs).length).toBeGreaterThan(5);
});

test("own gateway: no program of a stack file is started without --allow-commands, and it takes no faults that need the reference gateway", async () => {
  const stack = await stackFile();
  const refused = await runCli(["run", brisk, "--stack", stack, ...restart, ...parts], environment);
  expect(refused).toMatchObject({ code: 4, left: [], stderr: expect.stringMatching(/starts a program of yours: .*gateway\/main\.ts .*, and passes it PASSED_KEY of your environment/) as unknown });
  const defect = ["--set", "faults=[{kind: defect, defect: mix_up, lengthMs: 1000}]"];
  const impossible = await runCli(["run", brisk, "--stack", stack, "--allow-commands", ...defect, ...parts], environment);
  expect(impossible).toMatchObject({ code: 4, left: [], stderr: expect.stringContaining("your gateway takes no faults over HTTP") as unknown });
  const unset = await runCli(["run", brisk, "--stack", stack, "--allow-commands", ...restart, ...parts]);
  expect(unset).toMatchObject({ code: 4, left: [], stderr: expect.stringContaining("passes PASSED_KEY of your environment to its program, which is not set") as unknown });
});
