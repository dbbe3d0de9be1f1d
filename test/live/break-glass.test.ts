import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, onTestFinished, test } from "vitest";
import { Installation, sha256 } from "../../bypass/installation.ts";
import { writeArrivals } from "../../lab/load/arrivals-file.ts";
import { fixtureArrivals } from "../../lab/load/fixtures/server.ts";
import { readTap } from "../../lab/load/fixtures/tap.ts";
import { scanDirectory } from "../support/secret-scan.ts";
import { bareEnvironment } from "../support/environment.ts";
import { untilPasses } from "../support/until-passes.ts";

const root = path.resolve(import.meta.dirname, "../..");
const providerKey = `sk-planted-${randomBytes(12).toString("hex")}`;
const bypassKey = `sk-planted-${randomBytes(12).toString("hex")}`;
const clientKey = `vk-planted-${randomBytes(12).toString("hex")}`;

const limitMs = 10_000;

async function provider(): Promise<{ readonly url: string; readonly answers: () => number }> {
  let answers = 0;
  const server = createServer((request, response) => {
    const known = [providerKey, bypassKey].some((key) => request.headers.authorization === `Bearer ${key}`);
    void text(request).then((body) => {
      const { model } = JSON.parse(body) as { model: string };
      const answer = { id: "a", object: "chat.completion", model, choices: [{ index: 0, message: { role: "assistant", content: "one" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };
      answers++;
      response.writeHead(known ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(known ? answer : { error: { message: "no" } }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, answers: () => answers };
}

async function started(script: string, config: string, environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [path.join(root, script), "--config", config], { stdio: ["pipe", "pipe", "ignore"], env: bareEnvironment(environment) });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, exit, url: (JSON.parse(line) as { url: string }).url };
}

async function breakGlass(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [path.join(root, "lab/cli/main.ts"), "break-glass", ...args, "--json"], { stdio: ["ignore", "pipe", "inherit"], env: bareEnvironment() });
  return text(child.stdout);
}

/** An age file with the provider's key for the bypass, and the identity that opens it. */
async function ageStore(folder: string): Promise<readonly string[]> {
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const [age, key] = [path.join(folder, "keys.age"), path.join(folder, "identity.txt")];
  writeFileSync(age, armor.encode(await encrypter.encrypt(`# keys\nPROVIDER_KEY=${bypassKey}\n`)));
  writeFileSync(key, `# created by a test\n${identity}\n`);
  return ["--age", age, "--identity", key];
}

test("break-glass: every gateway process dead, one command restores the team within 10 s under load, and nothing that is left holds a key", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-glass-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { url, answers } = await provider();
  const at = (name: string) => path.join(folder, name);
  writeFileSync(at("gateway.json"), JSON.stringify({ keys: [{ key: clientKey, team: "a", feature: "x" }], deployments: [{ name: "one", dialect: "openai", model: "m", baseUrl: url, credential: "env:KEY" }], routes: [{ name: "chat", deployments: ["one"] }] }));
  const gateway = await started("gateway/main.ts", at("gateway.json"), { KEY: providerKey });
  mkdirSync(at("run"));
  const installation = Installation.create(at("run/glass"), "ann");
  writeFileSync(path.join(installation.folder, "break-glass.json"), JSON.stringify({ targetFile: at("run/targets.json"), teams: { a: { clientKeys: [sha256(clientKey)], routes: { chat: { provider: "openai", url, model: "m", credential: "PROVIDER_KEY" } } } } }));
  const store = await ageStore(folder);

  const spacingMs = 100;
  // It must go on for longer than the limit after the command, or a late restoration could not be seen.
  const arrivals = fixtureArrivals(240, 0).map((arrival, index) => ({ ...arrival, atMs: index * spacingMs, route: "chat", stream: false }));
  writeArrivals(at("run/arrivals.ndjson"), arrivals);
  writeFileSync(at("load.json"), JSON.stringify({ run: "r", seed: 1, arrivals: at("run/arrivals.ndjson"), targets: { local: [gateway.url] }, targetFile: at("run/targets.json"), keys: { "a/x": clientKey }, epochMs: "start", timeoutMs: 60_000, tap: at("run/client.ndjson") }));
  const load = await started("lab/load/main.ts", at("load.json"));
  await untilPasses(() => expect(answers()).toBeGreaterThan(30));
  const killedAtMs = Date.now();
  gateway.child.kill("SIGKILL");
  await gateway.exit;
  const commandAtMs = Date.now();
  const opened = JSON.parse(await breakGlass(["on", "--folder", installation.folder, "--team", "a", "--for", "2m", "--reason", "every gateway is dead", "--operator", "ann", "--yes", ...store])) as { url: string };
  expect((await load.exit)[0]).toBe(0);
  await breakGlass(["off", "--folder", installation.folder, "--team", "a"]);

  const { header, records, whole } = readTap(at("run/client.ndjson"));
  expect(whole).toBe(true);
  const [killedMs, commandMs] = [killedAtMs - header.epochMs, commandAtMs - header.epochMs];
  const isGood = ({ end, status }: (typeof records)[number]) => end === "complete" && status === 200;
  expect(arrivals.at(-1)!.atMs - commandMs).toBeGreaterThan(limitMs + 3_000);
  const lastBadMs = Math.max(...records.filter((record) => !isGood(record)).map(({ intendedMs }) => intendedMs));
  expect(records.filter((record) => record.endMs < killedMs && !isGood(record))).toEqual([]);
  expect(records.filter((record) => record.endMs > killedMs && !isGood(record)).length).toBeGreaterThan(0);
  expect(lastBadMs + spacingMs - commandMs).toBeLessThan(limitMs);
  process.stdout.write(`break-glass: restored ${Math.round(lastBadMs + spacingMs - commandMs)} ms after the command\n`);
  const after = records.filter(({ intendedMs }) => intendedMs > lastBadMs);
  expect(after.length).toBeGreaterThan(50);
  const [window] = installation.windows(Date.now());
  expect(window).toMatchObject({ team: "a", operator: "ann", requests: after.length, answered: after.length, failed: 0, endedBy: "off" });
  expect(JSON.parse(readFileSync(at("run/targets.json"), "utf8"))).toEqual({ teams: {} });
  expect(opened.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect(scanDirectory(at("run"), { providerKey, bypassKey, clientKey }).leaks).toEqual([]);
});
