import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../program.ts";
import { untilPasses } from "../../../test/support/until-passes.ts";
import { expectCode } from "../../../test/support/exit-code.ts";

const main = path.resolve(import.meta.dirname, "../../../gateway/control/main.ts");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

interface Running {
  readonly ended: Promise<Ended>;
  readonly errors: () => string;
}

function start(...args: string[]): Running {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = { out: "", errors: "" };
  stdout.on("data", (part) => void (printed.out += String(part)));
  stderr.on("data", (part) => void (printed.errors += String(part)));
  const texts = Promise.all([text(stdout), text(stderr)]);
  const ended = runCli(args, { stdout, stderr } as never).then(async (code) => {
    stdout.end();
    stderr.end();
    await texts;
    return { code, ...printed };
  });
  return { ended, errors: () => printed.errors };
}

const cli = (...args: string[]) => start(...args).ended;

/**
 * Control planes of two regions; that of b needs a's receipt. The one deployment is declared unverifiable, so that no
 * provider is needed.
 */
async function regions() {
  const folder = mkdtempSync(path.join(tmpdir(), "gateway cli "));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, value: unknown) => {
    writeFileSync(path.join(folder, name), JSON.stringify(value));
    return path.join(folder, name);
  };
  const control = async (region: string, settings: object = {}) => {
    const steps = [{ share: 0.05, requestsMin: 20, msMin: 0 }, { share: 1, requestsMin: 20, msMin: 0 }];
    const keys = { planeKey: "env:PLANE", operatorKey: "env:OPERATOR", folderKey: "env:FOLDER" };
    const file = write(`control-${region}.json`, { region, folder: path.join(folder, region), steps, identities: { primary: { unverifiable: true } }, ...keys, ...settings });
    const child = spawn(process.execPath, [main, "--config", file], { env: { ...process.env, PLANE: "plane-key", OPERATOR: "operator-key", FOLDER: "folder-key" }, stdio: ["pipe", "pipe", "ignore"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return (JSON.parse(line.toString()) as { url: string }).url;
  };
  const a = await control("a");
  const status = await fetch(`${a}/v1/status`, { headers: { authorization: "Bearer operator-key" } });
  const { publicKey } = (await status.json()) as { publicKey: string };
  const b = await control("b", { receiptFrom: { region: "a", publicKey } });
  writeFileSync(path.join(folder, "key"), "operator-key\n");
  const key = `file:${path.join(folder, "key")}`;
  const file = write("regions.json", { a: { url: a, key }, b: { url: b, key } });
  const at = (region: string) => ["--region", region, "--regions", file];
  const because = ["--reason", "a test", "--who", "ann"];
  return { write, at, because };
}

const config = {
  keys: [{ key: "vk-secret-1", team: "search", feature: "answers" }],
  deployments: [{ name: "primary", dialect: "openai", model: "m-1", baseUrl: "http://127.0.0.1:9/v1", credential: "env:NONE" }],
  routes: [{ name: "chat", deployments: ["primary"] }],
};

test("gateway push: follows a package until it is active or refused; status, history and diff show it, without keys", async () => {
  const { write, at, because } = await regions();
  const pushed = await cli("gateway", "push", write("one.json", config), ...at("a"), ...because);
  expect(pushed).toMatchObject({ code: 0, out: expect.stringMatching(/^version 1 \([0-9a-f]{12}\) is active\n$/) });
  const blank = await cli("gateway", "push", write("blank.json", { ...config, deployments: [{ ...config.deployments[0], model: "" }] }), ...at("a"), ...because, "--json");
  expectCode(blank, 1);
  expect(JSON.parse(blank.out)).toMatchObject({ state: "refused", reached: 0, reason: expect.stringContaining("deployments[0].model") });
  expect(blank.errors).toContain("the data plane's loader checks it");
  const empty = await cli("gateway", "push", write("empty.json", {}), ...at("a"), ...because);
  expect(empty).toMatchObject({ code: 4, errors: expect.stringContaining("--force overrides this") });
  const status = await cli("gateway", "status", ...at("a"));
  expect(status.out).toMatch(/^Region a\nActive {6}version 1 /);
  const history = await cli("gateway", "history", ...at("a"));
  expect(history.out).toContain("active at 100 %  by ann: a test");
  const diff = await cli("gateway", "diff", "1", "2", ...at("a"));
  expect(diff).toMatchObject({ code: 1, out: 'deployments.primary.model\n  - "m-1"\n  + ""\n' });
  for (const { out, errors } of [pushed, blank, status, history, diff]) expect(out + errors).not.toMatch(/vk-secret|operator-key/);
});

test("gateway push: force in another region counts down, and Ctrl-C cancels it", async () => {
  const { write, at, because } = await regions();
  const file = write("one.json", config);
  expect(await cli("gateway", "push", file, ...at("b"), ...because)).toMatchObject({ code: 4, errors: expect.stringContaining('a receipt of region "a"') });
  await cli("gateway", "push", file, ...at("a"), ...because);
  expect(await cli("gateway", "receipt", ...at("a"))).toMatchObject({ code: 4, errors: expect.stringContaining("s are left") });
  const receipt = write("receipt.json", { region: "a", hash: "0".repeat(64), content: "0".repeat(64), step: 1, startedAtMs: 0, reachedAtMs: 0, signedAtMs: Date.now(), signature: "" });
  expect(await cli("gateway", "push", file, ...at("b"), ...because, "--receipt", receipt)).toMatchObject({ code: 4, errors: expect.stringContaining("not signed by region") });
  const forced = start("gateway", "push", file, ...at("b"), ...because, "--force");
  await untilPasses(() => expect(forced.errors()).toMatch(/forced: begins in \d+ s/));
  process.emit("SIGINT");
  expectCode(await forced.ended, 130);
  expect(forced.errors()).toContain("nothing of it was checked or served");
  expect((await cli("gateway", "history", ...at("b"))).out).toContain("forced: receipt_missing");
});

test("gateway push: Ctrl-C in a step leaves the rollout to the control plane, and says how to end it", async () => {
  const { write, at, because } = await regions();
  await cli("gateway", "push", write("one.json", config), ...at("a"), ...because);
  const push = start("gateway", "push", write("two.json", { ...config, heartbeatMs: 9_000 }), ...at("a"), ...because);
  await untilPasses(() => expect(push.errors()).toContain("step 1 of 2, 5 % of the clients"));
  process.emit("SIGINT");
  expectCode(await push.ended, 130);
  expect(push.errors()).toContain("without you");
  expect(await cli("gateway", "rollback", ...at("a"), ...because)).toMatchObject({ code: 0, out: expect.stringMatching(/^The rollout was ended. Active: version 1/) });
  expect(await cli("gateway", "evaluate", ...at("a"), ...because)).toMatchObject({ code: 4, errors: expect.stringContaining("No candidate waits for a decision") });
  expect(await cli("gateway", "rollback", ...at("a"), ...because)).toMatchObject({ code: 4, errors: expect.stringContaining("No other configuration") });
});

test("gateway identity: shows and changes an identity, with a reason; an unknown region and a dead control plane are refused by name", async () => {
  const { write, at, because } = await regions();
  expect((await cli("gateway", "identity", "primary", ...at("a"))).out).toBe('primary: {"unverifiable":true}\n');
  const file = write("identity.json", { model: "m-1" });
  expect((await cli("gateway", "identity", "primary", file, ...at("a"))).errors).toContain("needs a reason");
  expect((await cli("gateway", "identity", "primary", file, ...at("a"), ...because)).out).toBe('primary: {"model":"m-1"}\n');
  expect(await cli("gateway", "push", write("one.json", config), ...at("a"), ...because)).toMatchObject({ code: 1, out: expect.stringContaining("identity unverifiable for primary") });
  expect(await cli("gateway", "status", ...at("c"))).toMatchObject({ code: 4, errors: expect.stringContaining('no region "c"') });
  const dead = write("dead.json", { a: { url: "http://127.0.0.1:9", key: `file:${file}` } });
  expect(await cli("gateway", "status", "--region", "a", "--regions", dead)).toMatchObject({ code: 3, errors: expect.stringContaining("data planes run on") });
});
