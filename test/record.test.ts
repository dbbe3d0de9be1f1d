import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LatencyProfile } from "../kernel/plan.ts";
import { readEvent, noAnswer } from "../lab/load/core/answer.ts";
import { EventStreamReader } from "../lab/load/core/sse.ts";
import { resolveRun } from "../lab/plan/resolve-run.ts";
import type { Exchange } from "../lab/record/core/exchange.ts";
import { fitLatency, type FittedLatency } from "../lab/record/core/fit.ts";
import type { ProfileFile } from "../lab/record/profile-file.ts";
import { incidentSchema } from "../scenarios/incident.ts";
import { control, runProvider, type RunningProvider } from "../simulators/http/running-provider.ts";
import { startCli, type Cli } from "./support/cli.ts";
import { expectCode } from "./support/exit-code.ts";

const key = "sk-live-Wintermute0815";
const prompt = "Zarquon keeps seventeen aubergines under Slartibartfast's staircase";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-record-"))));
afterAll(() => rmSync(folder, { recursive: true }));

interface Recorder extends AsyncDisposable {
  readonly url: string;
  readonly out: string;
  readonly cli: Cli;
  /** Ctrl-C; resolves with what was written. */
  end(): Promise<{ profile: ProfileFile; code: number | null; printed: string }>;
}

async function recorder(upstream: string, name: string, ...more: readonly string[]): Promise<Recorder> {
  const out = path.join(folder, name);
  const cli = await startCli(["record", "--upstream", upstream, "--out", out, ...more]);
  const url = /(http:\/\/127\.0\.0\.1:\d+) proxies/.exec(await cli.printed(/proxies http/))![1]!;
  return {
    url,
    out,
    cli,
    end: async () => {
      cli.process.kill("SIGINT");
      const { code, stdout, stderr } = await cli.ended;
      return { profile: JSON.parse(readFileSync(out, "utf8")) as ProfileFile, code, printed: stdout + stderr };
    },
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  };
}

/** What a client saw of a stream. Times are ms since its request. */
type SeenStream = Pick<Exchange, "firstTokenMs" | "lastTokenMs" | "tokens">;

/** One request as any client sends it; resolves with the answer's text, whatever came. A stream is added to `seen`. */
async function ask(url: string, index: number, stream: boolean, seen: SeenStream[] = []): Promise<string> {
  const startedMs = performance.now();
  const response = await fetch(`${url}/v1/chat/completions?trace=${key}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-client-request-id": `r-${index}` },
    body: JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: `${prompt} ${index}` }], max_tokens: 18, stream }),
  });
  if (!stream || !response.ok) return response.text();
  const reader = new EventStreamReader();
  let answer = noAnswer;
  const tokensMs: number[] = [];
  for await (const chunk of response.body!) {
    for (const data of reader.push(chunk)) {
      const { length } = answer.text;
      answer = readEvent(answer, data);
      if (answer.text.length > length) tokensMs.push(performance.now() - startedMs);
    }
  }
  expect(answer.terminal).toBe(true);
  seen.push({ firstTokenMs: tokensMs[0]!, lastTokenMs: tokensMs.at(-1)!, tokens: tokensMs.length });
  return answer.text;
}

/** So many requests, some at a time. */
async function askAll(url: string, count: number, stream: boolean, seen: SeenStream[] = []): Promise<readonly string[]> {
  const answers: string[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) answers.push(await ask(url, next++, stream, seen));
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return answers;
}

const provider = (latency: LatencyProfile): Promise<RunningProvider> => runProvider([], { latency });

interface Recorded {
  readonly profile: ProfileFile;
  /** By the clients' own clocks. */
  readonly seen: FittedLatency;
  readonly answers: readonly string[];
  readonly printed: string;
}

async function recorded(latency: LatencyProfile, name: string): Promise<Recorded> {
  await using real = await provider(latency);
  await using stand = await recorder(real.url, name);
  const seen: SeenStream[] = [];
  const answers = await askAll(stand.url, 96, true, seen);
  const ended = await stand.end();
  expectCode(ended, 0);
  const { profile, printed } = ended;
  return { profile, seen: fitLatency(seen.map((stream) => ({ end: "answered", stream: true, ...stream }) as Exchange))!, answers, printed };
}

test("record: a profile that is played and recorded again has the same medians; no prompt, answer or key is in anything that was written", async () => {
  const real = { firstTokenMsP50: 500, firstTokenSigma: 0.3, tokensPerSecond: 60, source: "the provider of this test" };
  const first = await recorded(real, "first.json");
  expect(first.profile).toMatchObject({ counts: { answered: 96, failed: 0, truncated: 0, callerGone: 0, streams: 96 }, latency: { samples: 96, from: "streams" }, sizes: { tokens: { p50: 20 } }, incident: null });
  const { plan } = resolveRun({ scenario: "smoke", sets: [`deployments.0.latency=${path.join(folder, "first.json")}`] });
  const played = plan.deployments[0]!.latency;
  expect(played.source).toMatch(/^recorded at http:\/\/127\.0\.0\.1:\d+, 20/);
  const second = await recorded(played, "second.json");
  for (const [played, after, { seen }] of [
    [real, first.profile.latency!, first],
    [first.profile.latency!, second.profile.latency!, second],
  ] as const) {
    // No quicker than what was played, and no slower than what clients saw of it: on a busy machine these are apart.
    expect(after.firstTokenMsP50 / played.firstTokenMsP50).toBeGreaterThan(0.8);
    expect(after.tokensPerSecond / played.tokensPerSecond).toBeLessThan(1.25);
    expect(after.firstTokenMsP50 / seen.firstTokenMsP50).toBeLessThan(1.1);
    expect(after.tokensPerSecond / seen.tokensPerSecond).toBeGreaterThan(0.8);
  }
  const written = [...readdirSync(folder).filter((name) => statSync(path.join(folder, name)).isFile()).map((name) => readFileSync(path.join(folder, name), "utf8")), first.printed, second.printed].join("\n");
  const secrets = [key, "Wintermute", ...prompt.split(" ").filter((word) => word.length > 5), ...first.answers.flatMap((answer) => answer.split(" ")).filter((word) => word.length > 5)];
  expect(secrets.length).toBeGreaterThan(1_000);
  expect([...new Set(secrets)].filter((secret) => written.includes(secret))).toEqual([]);
});

test("record: what went wrong is an incident that a scenario can play, with the errors' bodies scrubbed", async () => {
  await using real = await runProvider([{ errorRate: 0.5, statusMix: { "429": 0.5, "503": 0.5 }, fromMs: 0, toMs: 3_600_000 }]);
  await control(real, "begin", { epochMs: Date.now() - 1_000 });
  await using stand = await recorder(real.url, "outage.json");
  const answers = await askAll(stand.url, 80, false);
  const { profile, printed } = await stand.end();
  const failed = answers.filter((answer) => answer.includes('"error"')).length;
  expect(profile.counts).toMatchObject({ answered: 80 - failed, failed });
  const [phase] = incidentSchema.parse(profile.incident).phases;
  expect(phase).toMatchObject({ errorRate: failed / 80, basis: { errorRate: "reported" } });
  expect(Object.keys(phase!.statusMix).sort()).toEqual(["429", "503"]);
  expect(profile.errors.map(({ status }) => status).sort((a, b) => a - b)).toEqual([429, 503]);
  expect(profile.errors.map(({ body }) => body).join()).toContain("rate_limit_exceeded");
  expect(profile.errors.map(({ body }) => body).join() + printed).not.toMatch(/gpt-test|Zarquon/);
  const { plan } = resolveRun({ scenario: "flagship", sets: [`faults.0.incident=${stand.out}`] });
  expect(plan.faults[0]).toMatchObject({ settings: { phases: [{ errorRate: failed / 80, statusMix: phase!.statusMix }] } });
  await using played = await runProvider([{ errorRate: 1, statusMix: { "429": 1 }, fromMs: 0, toMs: 3_600_000 }], { errors: profile.errors });
  await control(played, "begin", { epochMs: Date.now() - 1_000 });
  expect(await ask(played.url, 0, true)).toBe(profile.errors.find(({ status }) => status === 429)!.body);
});

test("record: without enough answers there is no latency, and a scenario that names the profile is told so", async () => {
  await using real = await runProvider();
  await using stand = await recorder(real.url, "few.json");
  await ask(stand.url, 0, true);
  expect((await stand.end()).profile).toMatchObject({ counts: { answered: 1 }, latency: null });
  expect(() => resolveRun({ scenario: "smoke", sets: [`deployments.0.latency=${stand.out}`] })).toThrow(expect.objectContaining({ code: "scenario_invalid", message: expect.stringContaining("too few answers") as unknown }) as Error);
  expect(() => resolveRun({ scenario: "flagship", sets: [`faults.0.incident=${stand.out}`] })).toThrow(expect.objectContaining({ code: "scenario_invalid", message: expect.stringContaining("nothing went wrong") as unknown }) as Error);
});

test("record: Ctrl-C on a recording that was to last longer writes it all the same, and says so by its exit code; --for ends it by itself", async () => {
  await using real = await runProvider();
  await using stand = await recorder(real.url, "cut.json", "--for", "10m");
  await ask(stand.url, 0, false);
  expect(await stand.end()).toMatchObject({ code: 130, profile: { counts: { answered: 1 } } });
  await using short = await startCli(["record", "--upstream", real.url, "--out", path.join(folder, "short.json"), "--for", "1ms", "--json"]);
  const ended = await short.ended;
  expectCode(ended, 0);
  const { stdout } = ended;
  expect(JSON.parse(stdout)).toMatchObject({ profile: { schema: "blastlab.profile/1", counts: { answered: 0 } } });
});

test("record: a forbidden provider, a profile that is there, and a port in use are refused before anything is written", async () => {
  const busy = createServer().listen(0, "127.0.0.1");
  await once(busy, "listening");
  const port = String((busy.address() as { port: number }).port);
  const cases = [
    [["--upstream", "http://8.8.8.8", "--out", path.join(folder, "a.json")], 4, "8.8.8.8 is not a loopback address"],
    [["--upstream", "http://127.0.0.1:1", "--out", folder], 4, "there is a file already"],
    [["--upstream", "http://127.0.0.1:1", "--out", path.join(folder, "no", "a.json")], 4, "its directory does not exist"],
    [["--upstream", "http://127.0.0.1:1", "--out", path.join(folder, "a.json"), "--listen", port], 3, "the port is in use"],
    [["--upstream", "http://127.0.0.1:1", "--out", path.join(folder, "a.json"), "--for", "soon"], 4, "length of time"],
  ] as const;
  for (const [args, exitCode, message] of cases) {
    await using cli = await startCli(["record", ...args]);
    const { code, stderr } = await cli.ended;
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringContaining(message) as unknown });
  }
  busy.close();
  expect(readdirSync(folder)).not.toContain("a.json");
});
