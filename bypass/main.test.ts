import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { scanDirectory } from "../test/support/secret-scan.ts";
import type { TokenClaims } from "./core/token.ts";
import { Installation, sha256 } from "./installation.ts";
import { bareEnvironment } from "../test/support/environment.ts";
import { untilPasses } from "../test/support/until-passes.ts";

const entry = path.join(import.meta.dirname, "main.ts");
const providerKey = "sk-planted-bypass-0123456789ab";
const clientKey = "vk-planted-client-0123456789ab";

interface Answer {
  readonly ok?: boolean;
  readonly ready?: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly url?: string;
  readonly pid?: number;
  readonly [field: string]: unknown;
}

function start(args: readonly string[], input?: object): ChildProcess {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ["pipe", "pipe", "inherit"], env: bareEnvironment() });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin!.end(input === undefined ? "" : `${JSON.stringify(input)}\n`);
  return child;
}

async function run(args: readonly string[], input?: object): Promise<Answer> {
  return JSON.parse((await text(start(args, input).stdout!)).split("\n")[0]!) as Answer;
}

/** A provider that answers with what it was sent; `cut`: it breaks off within its answer. */
async function provider(): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { model, messages } = JSON.parse(body) as { model: string; messages: { content: string }[] };
      if (messages[0]?.content === "cut") return response.writeHead(200, { "content-type": "text/event-stream" }).write("data: {}\n\n", () => response.socket!.destroy());
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ model, path: request.url, authorization: request.headers.authorization, id: request.headers["x-client-request-id"] }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function installation(): Promise<Installation> {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-bypass-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const made = Installation.create(folder, "ann");
  const route = (name: string, url: string) => ({ provider: name, url, model: `${name}-model`, credential: "PROVIDER_KEY" });
  const url = `${await provider()}/v1`;
  writeFileSync(
    path.join(folder, "break-glass.json"),
    JSON.stringify({ targetFile: "targets.json", teams: Object.fromEntries(["search", "ads"].map((team) => [team, { clientKeys: [sha256(clientKey)], routes: { chat: route("openai", url), other: route("anthropic", url) } }])) }),
  );
  return made;
}

const opening = (at: Installation, team = "search") => ["on", "--folder", at.folder, "--team", team, "--for-ms", "60000", "--reason", "the gateway is dead", "--operator", "ann", "--confirmed", "flag"];

async function open(at: Installation, more: readonly string[] = []): Promise<Answer> {
  const opened = await run([...opening(at), ...more], { credentials: { PROVIDER_KEY: providerKey } });
  if (opened.pid !== undefined) {
    const { pid } = opened;
    onTestFinished(() => {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended, as it should.
      }
    });
  }
  return opened;
}

const targets = (at: Installation) => JSON.parse(readFileSync(path.join(at.folder, "targets.json"), "utf8")) as { teams: Record<string, string> };

async function ask(url: string, { key = clientKey, model = "chat", content = "hello" } = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${key}`, "x-client-request-id": "r-1" }, body: JSON.stringify({ model, messages: [{ role: "user", content }] }) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test("break-glass: one command opens a window, requests reach the provider with its own key, off ends it, the log is whole and holds no key", async () => {
  const at = await installation();
  const opened = await open(at);
  expect(opened).toMatchObject({ ok: true, team: "search", providers: ["openai", "anthropic"], protectionsOff: expect.arrayContaining(["cost accounting", "cache"]) as unknown });
  const url = opened.url!;
  expect(targets(at)).toEqual({ teams: { search: url } });
  expect(await ask(url)).toEqual({ status: 200, body: { model: "openai-model", path: "/v1/chat/completions", authorization: `Bearer ${providerKey}`, id: "r-1" } });
  expect((await ask(url, { key: "vk-another" })).status).toBe(401);
  expect((await ask(url, { model: "unknown" })).status).toBe(404);
  await expect(ask(url, { content: "cut" })).rejects.toThrow();
  expect(await run(["status", "--folder", at.folder])).toMatchObject({ open: [{ team: "search", operator: "ann", requests: 2 }] });
  expect(await run(opening(at), { credentials: {} })).toMatchObject({ ok: false, code: "window_open" });
  const off = run(["off", "--folder", at.folder, "--team", "search"]);
  await untilPasses(() => expect(targets(at)).toEqual({ teams: {} }), 5);
  // A client that has not read the target file yet.
  expect((await ask(url)).status).toBe(200);
  expect(await off).toMatchObject({ ok: true, shimAnswered: true });
  await untilPasses(() => expect(() => process.kill(opened.pid!, 0)).toThrow());
  await expect(ask(url)).rejects.toThrow();
  expect(await run(["report", "--folder", at.folder])).toMatchObject({ unscanned: 3, uncosted: 3, uncached: 3, auditWhole: true, windows: [{ requests: 3, answered: 2, failed: 1, refused: 2, endedBy: "off", byRoute: { chat: 3 } }] });
  expect(scanDirectory(at.folder, { providerKey, clientKey }).leaks).toEqual([]);
  expect(await run(opening(at), { credentials: { PROVIDER_KEY: providerKey } })).toMatchObject({ ok: false, code: "window_refused", message: expect.stringContaining("15 minutes ago") as unknown });
});

test("break-glass: --foreground serves in the command's own process until it is told to end", async () => {
  const at = await installation();
  const child = start([...opening(at), "--foreground"], { credentials: { PROVIDER_KEY: providerKey } });
  const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
  const { ready, url } = JSON.parse(line) as Answer;
  expect({ ready, url }).toEqual({ ready: true, url: targets(at).teams["search"] });
  expect((await ask(url!)).status).toBe(200);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await untilPasses(() => expect(targets(at)).toEqual({ teams: {} }));
  expect((await exited)[0]).toBe(0);
  expect(at.audit().map(({ event }) => event)).toEqual(["on", "ready", "request", "answered", "off"]);
});

const claims = (at: Installation, changed: Partial<TokenClaims> = {}): TokenClaims => {
  const nowMs = Date.now();
  return { team: "search", providers: ["openai"], issuedAtMs: nowMs, notAfterMs: nowMs + 60_000, reason: "the gateway is dead", operator: "ann", installation: at.fingerprint, ...changed };
};

/** What a shim of team search says to a token. */
async function shim(at: Installation, token: string): Promise<Answer & { child: ChildProcess }> {
  const child = start(["serve", "--folder", at.folder, "--team", "search"], { token, credentials: { PROVIDER_KEY: providerKey } });
  const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
  return { ...(JSON.parse(line) as Answer), child };
}

test("break-glass: the shim alone refuses tokens of another team, expired, altered, by another key, and copied to another installation; each refusal is recorded", async () => {
  const at = await installation();
  const nowMs = Date.now();
  const altered = at.issue(claims(at)).split(".");
  altered[0] = Buffer.from(JSON.stringify(claims(at, { notAfterMs: nowMs + 3_600_000 }))).toString("base64url");
  const elsewhere = await installation();
  const tokens: readonly (readonly [string, string])[] = [
    [at.issue(claims(at, { team: "ads" })), 'The token is for team "ads"'],
    [at.issue(claims(at, { issuedAtMs: nowMs - 120_000, notAfterMs: nowMs - 60_000 })), "The token has expired"],
    [at.issue(claims(at, { issuedAtMs: nowMs + 60_000, notAfterMs: nowMs + 120_000 })), "The token was issued in the future: a clock is wrong"],
    [at.issue(claims(at, { notAfterMs: nowMs + 5 * 3_600_000 })), "The token allows more than 4 hours"],
    [altered.join("."), "The token's signature is wrong: it was altered, or another key made it"],
    [elsewhere.issue(claims(at)), "The token's signature is wrong: it was altered, or another key made it"],
    [at.issue(claims(at, { installation: elsewhere.fingerprint })), "The token belongs to another installation"],
    ["nonsense", "The token cannot be read"],
  ];
  for (const [token, message] of tokens) expect(await shim(at, token)).toMatchObject({ ready: false, code: "token_refused", message });
  expect(at.audit().map(({ event, problem }) => [event, problem])).toEqual(tokens.map(([, message]) => ["denied", message]));
});

test("break-glass: a folder that was copied to another installation's key verifies no token of the first", async () => {
  const at = await installation();
  const copy = mkdtempSync(path.join(tmpdir(), "blastlab-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(at.folder, copy, { recursive: true });
  writeFileSync(path.join(copy, "installation.key"), `${"0".repeat(64)}\n`);
  expect(await shim(new Installation(copy), at.issue(claims(at)))).toMatchObject({ ready: false, message: "The token belongs to another installation" });
});

test("break-glass: a window ends by itself, takes its address back and refuses what comes after", async () => {
  const at = await installation();
  const { url, child } = await shim(at, at.issue(claims(at, { notAfterMs: Date.now() + 15_000 })));
  const ended = once(child, "exit");
  expect((await ask(url!)).status).toBe(200);
  expect((await ask(url!, { model: "other" })).body).toMatchObject({ error: { code: "provider_not_allowed" } });
  expect(targets(at)).toEqual({ teams: { search: url } });
  expect((await ended)[0]).toBe(0);
  expect(targets(at)).toEqual({ teams: {} });
  await expect(ask(url!)).rejects.toThrow();
  expect(at.audit().map(({ event }) => event)).toEqual(["ready", "request", "answered", "refused", "expired"]);
});

test("break-glass: a shim that was killed is ended by off, and one whose log was changed does not start", async () => {
  const at = await installation();
  const opened = await open(at);
  process.kill(opened.pid!, "SIGKILL");
  await untilPasses(() => expect(() => process.kill(opened.pid!, 0)).toThrow());
  expect(await run(["off", "--folder", at.folder, "--team", "search"])).toMatchObject({ ok: true, shimAnswered: false });
  expect(targets(at)).toEqual({ teams: {} });
  const log = path.join(at.folder, "audit.ndjson");
  writeFileSync(log, readFileSync(log, "utf8").replace("the gateway is dead", "a harmless test, no more"));
  expect(await run(["report", "--folder", at.folder])).toMatchObject({ ok: false, code: "audit_broken", message: expect.stringContaining("Entry 1 was changed") as unknown });
  appendFileSync(log, "x\n");
  expect(await shim(at, at.issue(claims(at)))).toMatchObject({ ready: false, code: "audit_broken" });
});

test("break-glass: the shims of two teams share the log, and its chain stays whole", async () => {
  const at = await installation();
  const other = await run(opening(at, "ads"), { credentials: { PROVIDER_KEY: providerKey } });
  onTestFinished(() => void run(["off", "--folder", at.folder, "--team", "ads"]).catch(() => {}));
  const opened = await open(at);
  expect(targets(at)).toEqual({ teams: { search: opened.url, ads: other.url } });
  await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index % 2 === 0 ? opened.url! : other.url!)));
  for (const team of ["search", "ads"]) expect(await run(["off", "--folder", at.folder, "--team", team])).toMatchObject({ ok: true });
  expect(targets(at)).toEqual({ teams: {} });
  // A shim logs an answer once its client has it.
  const counted = () => at.windows(Date.now()).map(({ team, requests, answered }) => ({ team, requests, answered }));
  await untilPasses(() => expect(counted()).toEqual(["ads", "search"].map((team) => ({ team, requests: 20, answered: 20 }))));
});

test("break-glass: windows that are too long, without a reason, or of an unknown team are refused before anything is written", async () => {
  const at = await installation();
  const tried = async (changes: readonly string[]) => (await run([...opening(at), ...changes], { credentials: {} })).message;
  expect(await tried(["--for-ms", String(5 * 3_600_000)])).toBe("A window lasts between 1 minute and 4 hours");
  expect(await tried(["--reason", "because"])).toBe("A reason has at least 10 characters");
  expect(await tried(["--team", "nobody"])).toBe('The map has no team "nobody"');
  writeFileSync(path.join(at.folder, "break-glass.json"), JSON.stringify({ targetFile: "t", teams: { search: { clientKeys: ["plain"], routes: { chat: { url: "http://user@x/v1", extra: 1 } } } } }));
  const message = await tried([]);
  for (const problem of ["clientKeys: Expected SHA-256 digests", "chat.url: Expected an http or https URL", 'Unknown key "extra"', "chat.model: Expected a text"]) expect(message).toContain(problem);
  expect(at.audit()).toEqual([]);
});
