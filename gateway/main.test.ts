import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { untilPasses } from "../test/support/until-passes.ts";

const main = path.join(import.meta.dirname, "main.ts");

const config = {
  keys: [{ key: "vk-1", team: "search", feature: "answers" }],
  deployments: [{ name: "d0", dialect: "openai", model: "m-1", baseUrl: "http://127.0.0.1:9/v1", credential: "env:NONE" }],
  routes: [{ name: "chat", deployments: ["d0"] }],
};

function configFile(content: object = config): string {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "gateway.json");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

function run(parameters: readonly string[], options: { stdin?: "pipe" | "ignore"; environment?: Record<string, string> } = {}) {
  const child = spawn(process.execPath, [main, ...parameters], { stdio: [options.stdin ?? "pipe", "pipe", "pipe"], env: { ...process.env, ...options.environment } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr!.on("data", (part) => (log += String(part)));
  const exit = once(child, "exit").then(([code]) => code as number | null);
  const ready = async () => {
    const [line] = (await once(child.stdout!, "data")) as [Buffer];
    return JSON.parse(line.toString()) as { ready: boolean; url: string; code?: string; hint?: string };
  };
  return { child, exit, ready, log: () => log };
}

test("main: one ready line; SIGTERM ends it with 0", async () => {
  const { child, exit, ready } = run(["--config", configFile()]);
  const printed = await ready();
  expect(printed).toEqual({ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  expect((await fetch(`${printed.url}/health/ready`)).status).toBe(200);
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("main: the end of a piped stdin ends it; no stdin does not", async () => {
  const piped = run(["--config", configFile()]);
  await piped.ready();
  piped.child.stdin!.end();
  expect(await piped.exit).toBe(0);

  const alone = run(["--config", configFile()], { stdin: "ignore" });
  const { url } = await alone.ready();
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  alone.child.kill("SIGINT");
  expect(await alone.exit).toBe(0);
});

test("main: a port in use says so and exits 3", async () => {
  const taken = createTcpServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const { exit, ready, log } = run(["--config", configFile({ ...config, listen: { port } })]);
  expect(await ready()).toEqual({ ready: false, code: "port_in_use", message: `Cannot start the gateway: port ${port} is in use`, hint: expect.any(String) });
  expect(await exit).toBe(3);
  expect(log()).toBe("");
});

test("main: a port in use exits 3 as well while a shared store is being looked for", async () => {
  const taken = createTcpServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const { exit, ready } = run(["--config", configFile({ ...config, listen: { port }, store: { kind: "redis", url: "redis://127.0.0.1:9/0" } })]);
  expect(await ready()).toMatchObject({ ready: false, code: "port_in_use" });
  expect(await exit).toBe(3);
});

test("main: whoever reads its log and its ready line may go", async () => {
  const { child, exit, ready } = run(["--config", configFile()]);
  const { url } = await ready();
  child.stderr!.destroy();
  child.stdout!.destroy();
  for (let count = 0; count < 20; count++) {
    const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer nobody" }, body: "{}" });
    expect([answer.status, await answer.text()]).toEqual([401, expect.any(String)]);
  }
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("main: a SIGHUP during the start is handled after it", async () => {
  const pipe = path.join(path.dirname(configFile()), "pipe.json");
  execFileSync("mkfifo", [pipe]);
  const { child, exit, ready, log } = run(["--config", pipe]);
  const reading = await open(pipe, "w");
  child.kill("SIGHUP");
  renameSync(configFile({ ...config, region: "b" }), pipe);
  await reading.writeFile(JSON.stringify(config));
  await reading.close();
  expect(await ready()).toMatchObject({ ready: true });
  await untilPasses(() => expect(log()).toContain("config_reloaded"));
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test.each([
  ["no config", [], "arguments_invalid"],
  ["an unknown flag", ["--nope"], "arguments_invalid"],
  ["a file that is not there", ["--config", "no-such-file.json"], "config_unreadable"],
])("main: %s is refused in one line", async (_, parameters, code) => {
  const { exit, ready, log } = run(parameters);
  expect(await ready()).toMatchObject({ ready: false, code, hint: expect.any(String) });
  expect(await exit).toBe(3);
  expect(log()).toBe("");
});

test("main: --help", async () => {
  const { child, exit } = run(["--help"]);
  expect(await text(child.stdout!)).toContain("--config FILE");
  expect(await exit).toBe(0);
});

test("main: --check prints the configuration that would run, without its virtual keys, and that is a config file again", async () => {
  const checked = async (file: string) => {
    const { child, exit } = run(["--check", file]);
    const printed = await text(child.stdout!);
    expect(await exit).toBe(0);
    return printed;
  };
  const printed = await checked(configFile());
  expect(printed).not.toContain("vk-1");
  expect(JSON.parse(printed)).toMatchObject({ concurrencyMax: 512, keys: [{ key: "redacted-1" }], policy: { retry: { attemptsMax: 4 } }, store: { kind: "memory" } });
  expect(await checked(configFile(JSON.parse(printed) as object))).toBe(printed);
});

test("main: --check refuses what --config would, one problem a line, with exit 4", async () => {
  const misspelt = configFile({ ...config, polcy: {}, concurrencyMax: 0 });
  const { child, exit, log } = run(["--check", misspelt]);
  const printed = text(child.stdout!);
  expect(await exit).toBe(4);
  expect(await printed).toBe("");
  expect(log()).toMatch(/concurrencyMax: .*\n.*\(root\): Unrecognized key: "polcy"\nhint: /);
  const absent = run(["--check", "no-such-file.yaml"]);
  expect(await absent.exit).toBe(4);
  expect(absent.log()).toContain("Cannot read the config");
});

test("main: SIGHUP reloads the config and logs the result; an unset secret fails the request, by name", async () => {
  const file = configFile();
  const { child, exit, ready, log } = run(["--config", file]);
  const { url } = await ready();
  const missing = '{"event":"credential_unreadable","message":"Cannot read secret \\"env:NONE\\": it is not set","deployments":["d0"]}';
  await untilPasses(() => expect(log()).toContain(missing));
  writeFileSync(file, "{}");
  child.kill("SIGHUP");
  await untilPasses(() => expect(log()).toContain("config_refused"));
  writeFileSync(file, JSON.stringify({ ...config, region: "b" }));
  child.kill("SIGHUP");
  await untilPasses(() => expect(log()).toContain('{"event":"config_reloaded","needsRestart":[]}'));
  await untilPasses(() => expect(log().split(missing)).toHaveLength(3));
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer vk-1", "content-type": "application/json" },
    body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "x" }] }),
  });
  expect(answer.status).toBeGreaterThanOrEqual(500);
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("main: OTEL_EXPORTER_OTLP_ENDPOINT gets the spans, at the latest when it ends", async () => {
  const received: string[] = [];
  const collector = createServer((request, response) => {
    void text(request).then((body) => {
      received.push(`${request.url} ${body}`);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  onTestFinished(() => collector.closeAllConnections());
  onTestFinished(() => void collector.close());
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const secret = "sk-planted-OTLP-4f9d8c7b";
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: `x-key=${secret}`, OTEL_LOG_LEVEL: "all" };
  const { child, exit, ready, log } = run(["--config", configFile()], { environment });
  const { url } = await ready();
  await (await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk-1", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }, body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "x" }] }) })).text();
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  const spans = received.filter((line) => line.startsWith("/v1/traces")).join("");
  expect(spans).toContain("0af7651916cd43dd8448eb211c80319c");
  expect(spans).toContain("blastlab-gateway");
  expect(log()).toContain("@opentelemetry");
  expect(log()).not.toContain(secret);
});

test("main: a collector that accepts no spans is logged", async () => {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT: "100", OTEL_BSP_SCHEDULE_DELAY: "20" };
  const { child, exit, ready, log } = run(["--config", configFile()], { environment });
  const { url } = await ready();
  await (await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk-1" }, body: "{}" })).text();
  await untilPasses(() => expect(log()).toMatch(/"event":"tracing_failed","message":".*ECONNREFUSED/));
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});
