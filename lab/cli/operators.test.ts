import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { Installation, sha256 } from "../../bypass/installation.ts";
import { scanDirectory } from "../../test/support/secret-scan.ts";
import { embeddedVault, secretName } from "../../test/support/vaults.ts";
import { bareEnvironment } from "../../test/support/environment.ts";

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "blastlab-operators-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** The command in a process of its own: some of them read stdin. */
async function blastlab(args: readonly string[], { input = "", environment = {} as Record<string, string> } = {}): Promise<Ended> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "main.ts"), ...args], { stdio: ["pipe", "pipe", "pipe"], env: bareEnvironment({ HOME: tmpdir(), ...environment }) });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, "exit");
  return { code: child.exitCode, out, error };
}

test("blastlab vault: put, status, rotate, revoke, seal and unseal, each with its answer; no value is printed", async () => {
  const at = folder();
  const rig = await embeddedVault(at);
  onTestFinished(() => rig.kill());
  const { url } = rig.config as { url: string };
  const vault = (args: readonly string[], input = "") => blastlab(["vault", ...args, "--url", url], { input, environment: { VAULT_OPERATOR_KEY: rig.secrets["operatorKey"]! } });
  expect(await vault(["put", secretName], "sk-planted-value-one\n")).toMatchObject({ code: 0, out: `${secretName} is version 1\n` });
  expect(JSON.parse((await vault(["rotate", secretName, "--overlap", "2h", "--json"], "sk-planted-value-two")).out)).toEqual({ name: secretName, version: 2 });
  expect((await vault(["revoke", secretName, "--secret-version", "1"])).out).toContain("version 1, is revoked in this region");
  const sealed = await vault(["seal"]);
  expect(sealed.out).toContain('The vault of region "a" is sealed\n');
  expect(sealed.out).toMatch(/PROVIDER_KEY: version 1 revoked, 2 current\nAudit log: 4 entries, head [0-9a-f]{64}/);
  expect(await vault(["put", "OTHER"], "sk-planted-value-three")).toMatchObject({ code: 4, error: expect.stringContaining("The vault is sealed") as unknown });
  expect((await vault(["unseal", "--json"])).out).toContain('"sealed": false');
  expect(await blastlab(["vault", "status", "--url", url])).toMatchObject({ code: 4, error: expect.stringContaining("VAULT_OPERATOR_KEY is not set") as unknown });
  expect(await blastlab(["vault", "status", "--url", "http://vault.example:8200"], { environment: { VAULT_OPERATOR_KEY: "x" } })).toMatchObject({ code: 4, error: expect.stringContaining("loopback alone") as unknown });
  expect(scanDirectory(at, { one: "sk-planted-value-one", two: "sk-planted-value-two", three: "sk-planted-value-three" }).leaks).toEqual([]);
});

/** A provider that refuses one model, and two routes to it. */
async function drillable(model = "works"): Promise<{ readonly at: Installation; readonly args: readonly string[]; readonly environment: Record<string, string> }> {
  const server = createServer((request, response) => {
    const answer = { id: "a", object: "chat.completion", model, choices: [{ index: 0, message: { role: "assistant", content: "one" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };
    void text(request).then((body) => response.writeHead(body.includes("broken") ? 500 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = Installation.create(folder(), "ann");
  const route = { provider: "openai", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, model, credential: "KEY" };
  writeFileSync(path.join(at.folder, "break-glass.json"), JSON.stringify({ targetFile: "targets.json", teams: { search: { clientKeys: [sha256("client-key")], routes: { chat: route, other: { ...route, model: "works" } } } } }));
  return { at, args: ["break-glass", "drill", "--folder", at.folder, "--team", "search", "--operator", "ann", "--client-key", "CLIENT"], environment: { KEY: "provider-key", CLIENT: "client-key" } };
}

test("blastlab break-glass drill: kills gateways of its own, restores the team within 10 s, leads it back without a loss, and records the date", async () => {
  const { at, args, environment } = await drillable();
  const { code, out, error } = await blastlab([...args, "--json"], { environment });
  expect({ code, error }).toMatchObject({ code: 0, error: expect.stringMatching(/killed 2 of 2 gateways\n.* s  break-glass on\n.*first good answer after \d+ ms; 2 of 2 routes.*\n.*serve again\n.*off\n$/) as unknown });
  const result = JSON.parse(out) as { restoredMs: number };
  expect(result).toMatchObject({ passed: true, killed: 2, gatewayAnswered: false, lostAtEnd: 0, routesAsked: 2, routesAnswered: 2, closed: true });
  expect(result.restoredMs).toBeLessThan(10_000);
  const [window] = at.windows(Date.now());
  expect(window).toMatchObject({ team: "search", failed: 0, refused: 0, endedBy: "off" });
  expect(window!.requests).toBeGreaterThan(1);
  expect(at.audit().at(-1)).toMatchObject({ event: "drill", passed: true, killed: 2 });
  expect((await blastlab(["break-glass", "status", "--folder", at.folder])).out).toMatch(/^No window is open\nLast drill: \d{4}-/);
});

test("blastlab break-glass drill: Ctrl-C ends the window, and records no drill", async () => {
  const { at, args, environment } = await drillable();
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "main.ts"), ...args], { stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"], HOME: tmpdir(), ...environment } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  let printed = "";
  for await (const chunk of child.stderr) {
    printed += String(chunk);
    if (String(chunk).includes("break-glass on")) child.kill("SIGINT");
  }
  expect([(await exited)[0], printed]).toEqual([130, expect.stringContaining("ending the window") as unknown]);
  expect(at.windows(Date.now())).toMatchObject([{ team: "search", endedBy: "off" }]);
  expect(readFileSync(path.join(at.folder, "targets.json"), "utf8")).toBe('{"teams":{}}\n');
  expect(at.audit().filter(({ event }) => event === "drill")).toEqual([]);
});

test("blastlab break-glass drill: with gateways that somebody stopped it kills none, and fails where a route does not answer", async () => {
  const stopped = ["--gateway", "http://127.0.0.1:9"];
  const good = await drillable();
  const ended = await blastlab([...good.args, ...stopped], { environment: good.environment });
  expect(ended).toMatchObject({ code: 0, out: expect.stringMatching(/^First good answer \d+ ms after the command; \d+ answers lost until then; 2 of 2 routes answered; after the end the shim was gone\nGateways: stopped before the drill\n$/) as unknown });
  const bad = await drillable("broken");
  const failed = await blastlab([...bad.args, ...stopped], { environment: bad.environment });
  expect(failed).toMatchObject({ code: 3, error: expect.stringContaining("The drill failed") as unknown });
  expect(bad.at.audit().at(-1)).toMatchObject({ event: "drill", passed: false, routesAnswered: 1, killed: 0, lostAtEnd: null });
});

test("blastlab break-glass on: without a terminal it wants --yes, and names a credential that is missing", async () => {
  const at = Installation.create(folder(), "ann");
  const args = ["break-glass", "on", "--folder", at.folder, "--team", "search", "--for", "30m", "--reason", "-- the gateway is dead", "--operator", "ann"];
  expect(await blastlab(args)).toMatchObject({ code: 4, error: expect.stringContaining("add --yes") as unknown });
  expect(await blastlab([...args, "--yes"])).toMatchObject({ code: 4, error: expect.stringContaining("break-glass.json") as unknown });
  const route = { provider: "openai", url: "http://127.0.0.1:9/v1", model: "m", credential: "KEY" };
  writeFileSync(path.join(at.folder, "break-glass.json"), JSON.stringify({ targetFile: "t.json", teams: { search: { clientKeys: [sha256("k")], routes: { chat: route } } } }));
  expect(await blastlab([...args, "--yes"])).toMatchObject({ code: 4, error: expect.stringContaining("There is no KEY in the environment") as unknown });
  expect(at.audit()).toEqual([]);
});
