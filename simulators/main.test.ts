import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { configOf } from "./core/examples.ts";
import { temporaryFolder } from "./http/running-provider.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

interface ReadyLine {
  readonly ready: boolean;
  readonly url?: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

/** Starts the process with a config file of this content and reads the line that it prints. */
async function start(folder: string, config: unknown): Promise<{ child: ChildProcess; line: ReadyLine; ended: Promise<unknown[]> }> {
  const file = join(folder, "config.json");
  writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config));
  const child = spawn(process.execPath, [main, "--config", file], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
  return { child, line: JSON.parse(line) as ReadyLine, ended };
}

function configIn(folder: string, port = 0) {
  return { ...configOf({ errorRate: 1, statusMix: { 503: 1 } }), run: "test-run", listen: { host: "127.0.0.1", port }, tap: join(folder, "wire.ndjson") };
}

test.each([
  ["SIGTERM", (child: ChildProcess) => void child.kill("SIGTERM")],
  ["its stdin closing", (child: ChildProcess) => void child.stdin!.end()],
])("main: prints that it is ready, serves the run, and ends on %s with a complete tap", async (_name, stop) => {
  using folder = temporaryFolder();
  const { child, line, ended } = await start(folder.path, configIn(folder.path));
  expect(line).toEqual({ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  expect(await (await fetch(`${line.url}/control/health`)).json()).toMatchObject({ ok: true });
  await fetch(`${line.url}/control/begin`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ epochMs: Date.now() - 1000 }) });
  const body = JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: "hello" }] });
  expect((await fetch(`${line.url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer x" }, body })).status).toBe(503);
  stop(child);
  expect(await ended).toEqual([0, null]);
  const lines = readFileSync(join(folder.path, "wire.ndjson"), "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[2]!)).toMatchObject({ type: "trailer", count: 1 });
});

test("main: a port in use is one line and exit 3", async () => {
  using folder = temporaryFolder();
  const first = await start(folder.path, configIn(folder.path));
  const second = await start(folder.path, configIn(folder.path, Number(new URL(first.line.url!).port)));
  expect(second.line).toEqual({ ready: false, code: "port_in_use", message: expect.stringMatching(/in use/), hint: expect.stringMatching(/./) });
  expect(await second.ended).toEqual([3, null]);
  first.child.kill("SIGTERM");
  expect(await first.ended).toEqual([0, null]);
});

test.each([
  ["no JSON", "{", /JSON/],
  ["a missing field", "{}", /markKey/],
  ["a phase that cannot be played", { ...configIn("."), incidents: [{ incident: "x", deployments: [], phases: [{ ...configOf({}).incidents[0]!.phases[0], errorRate: 1, statusMix: { nonsense: 1 } }] }] }, /x, phase 0: .*"nonsense"/],
])("main: a config with %s is one line with the reason and exit 3", async (_name, config, message) => {
  using folder = temporaryFolder();
  const { line, ended } = await start(folder.path, config);
  expect(line).toMatchObject({ ready: false, code: "config_invalid", message: expect.stringMatching(message), hint: expect.stringMatching(/./) });
  expect(await ended).toEqual([3, null]);
});
