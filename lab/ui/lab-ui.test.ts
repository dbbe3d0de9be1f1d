import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { plan, verdict } from "../board/fixtures/run.ts";
import type { RunResult } from "../live/options.ts";
import { startLabUi, type PlayRun } from "./lab-ui.ts";

const folder = mkdtempSync(path.join(tmpdir(), "blastlab-ui-"));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(path.join(folder, "20260101-demo-7"));
writeFileSync(path.join(folder, "20260101-demo-7", "verdict.json"), JSON.stringify(verdict));
writeFileSync(path.join(folder, "20260101-demo-7", "report.html"), "<p>the report");
mkdirSync(path.join(folder, "20260102-broken"));

const asked = (url: string, options: object = {}, body?: object) =>
  new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const sent = request(url, { ...options, ...(body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" } }) }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk)).once("end", () => resolve({ status: answer.statusCode!, text }));
    });
    sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });

const idle: PlayRun = () => Promise.reject(new Error("nothing was to be played"));
const result: RunResult = { plan, verdict, directory: path.join(folder, "20260101-demo-7"), replay: "", exitCode: 1 };

test("startLabUi: lists what can be played and the outages, and runs with their verdict and report", async () => {
  await using ui = await startLabUi(0, folder, idle);
  const { text } = await asked(ui.url);
  for (const shown of ["<code>gateway-dead</code>", "<code>hardened</code>", "openai-2025-06-10-gpu-network", '<span class="verdict is-deviated">deviated</span>', '<data value="0.31">31 %</data>']) expect(text).toContain(shown);
  expect(text).not.toContain("20260102-broken");
  expect(await asked(`${ui.url}runs/20260101-demo-7/report.html`)).toEqual({ status: 200, text: "<p>the report" });
});

test.each(["20260102-broken", "nowhere", "..", "%2e%2e", "..%2f20260101-demo-7", ".%2f20260101-demo-7"])("startLabUi: no report is served of %s", async (name) => {
  await using ui = await startLabUi(0, folder, idle);
  expect((await asked(`${ui.url}runs/${name}/report.html`)).status).toBe(404);
});

test("startLabUi: plays one run at a time, shows it, and starts the next when it has ended", async () => {
  const playing = Promise.withResolvers<RunResult>();
  const played: object[] = [];
  const play: PlayRun = (run, { onProgress }) => {
    played.push(run);
    onProgress({ type: "plan", plan, directory: folder, load: "embedded", network: "embedded" });
    return playing.promise;
  };
  await using ui = await startLabUi(0, folder, play);
  expect((await asked(`${ui.url}live/`)).status).toBe(404);
  expect((await asked(`${ui.url}runs`, {}, { scenario: "smoke", stack: "naive", seed: 3 })).status).toBe(200);
  expect((await asked(`${ui.url}live/`)).text).toContain("A demonstration");
  expect((await asked(ui.url)).text).toContain("A run of <code>smoke</code> goes on");
  expect(await asked(`${ui.url}runs`, {}, { scenario: "flagship", stack: "naive" })).toMatchObject({ status: 409, text: expect.stringContaining("a run of smoke goes on") as string });
  playing.resolve(result);
  await expect.poll(async () => (await asked(`${ui.url}live/`)).text).toContain("Blast radius deviated");
  expect(await asked(`${ui.url}live/report.html`)).toEqual({ status: 200, text: "<p>the report" });
  expect((await asked(`${ui.url}runs`, {}, { scenario: "flagship", stack: "naive" })).status).toBe(200);
  expect(played).toEqual([{ scenario: "smoke", stack: "naive", seed: 3 }, { scenario: "flagship", stack: "naive" }]);
});

test.each([
  [{ scenario: "./mine.yaml", stack: "naive" }, 409],
  [{ scenario: "smoke", stack: "/etc/passwd" }, 409],
  [{ scenario: "smoke", stack: "naive", seed: "x" }, 400],
  [{ scenario: "smoke" }, 400],
])("startLabUi: %j is refused, and nothing is played", async (body, status) => {
  let isPlayed = false;
  await using ui = await startLabUi(0, folder, (run, of) => {
    isPlayed = true;
    return idle(run, of);
  });
  expect({ status: (await asked(`${ui.url}runs`, {}, body)).status, isPlayed }).toEqual({ status, isPlayed: false });
});

test("startLabUi: its end stops a run that goes on, and waits for it", async () => {
  let isOver = false;
  const ui = await startLabUi(0, folder, (_run, { hand }) => new Promise((resolve) => hand!.stopAsked.onAbort(() => setImmediate(() => resolve(((isOver = true), result))))));
  await asked(`${ui.url}runs`, {}, { scenario: "smoke", stack: "naive" });
  await ui[Symbol.asyncDispose]();
  expect(isOver).toBe(true);
});
