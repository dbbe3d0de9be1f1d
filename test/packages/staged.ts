import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultSteps } from "../../gateway/control/core/settings.ts";
import { started, type Child } from "./children.ts";
import { offerLoad } from "./clients.ts";
import { baseConfig, type BadPackage, type Base, type Step } from "./packages.ts";
import type { Provider } from "./provider.ts";

/** The cases of the eval gate: 40, which is enough to pass. */
const corpus = { tests: Array.from({ length: 40 }, (_, index) => ({ vars: { ticket: `ticket ${index}` }, assert: [{ type: "is-json", value: { type: "object", required: ["kind"] } }] })) };

/** A comparison for `evals` of a control plane. */
export function jsonGate(folder: string): object {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "corpus.json");
  writeFileSync(file, JSON.stringify(corpus));
  return { corpus: file, body: { model: "chat", prompt: { id: "classify" }, messages: [{ role: "user", content: "{{ticket}}" }] }, settings: { repeats: 0, concurrency: 16 } };
}

/** How a push ended at the control plane, and what clients saw of it until then. */
export interface Push {
  /** `refused: too_large`, or the state of the package in the control plane's history. */
  readonly state: string;
  readonly reason: string;
  readonly requests: number;
  /** Requests that the package answered. */
  readonly reached: number;
  readonly ms: number;
}

export interface Staged extends AsyncDisposable {
  readonly base: Base;
  push(bad: Pick<BadPackage, "runtime" | "version" | "change">, force?: boolean): Promise<Push>;
  readonly call: (method: "GET" | "POST", to: string, body?: object) => Promise<{ readonly status: number; readonly body: never }>;
}

const keys = { PLANE: "plane-key", OPERATOR: "operator-key", FOLDER: "folder-key", PROVIDER: "sk-provider" };
/** After a push has ended, for what is still on its way to the data planes. */
const settleMs = 1_500;
const endMsMax = 300_000;

/**
 * A control plane, by default with its default steps, and two gateways that follow it and run its first package. The
 * code v2 fails wherever the kill switch is used.
 */
export async function startStaged(folder: string, [first, second]: readonly [Provider, Provider], settings: object = {}): Promise<Staged> {
  const children: Child[] = [];
  const start = async (name: string, entry: string, file: object) => {
    const at = path.join(folder, `${name}.json`);
    writeFileSync(at, JSON.stringify(file));
    const child = await started(entry, at, keys);
    children.push(child);
    return child;
  };
  mkdirSync(folder, { recursive: true });
  const hostOf = ({ url }: Provider) => new URL(url).host;
  const identities = { primary: { endpointHost: hostOf(first), answerPattern: "one" }, fallback: { endpointHost: hostOf(second), answerPattern: "two" } };
  const control = await start("control", "gateway/control/main.ts", { region: "a", folder: path.join(folder, "control"), planeKey: "env:PLANE", operatorKey: "env:OPERATOR", folderKey: "env:FOLDER", identities, ...settings });
  const base = baseConfig(first.url, second.url);
  const plane = (name: string) => ({ ...base, admin: { open: true }, drainMs: 0, runtimes: { v1: [], v2: [{ kind: "fail", share: 1 }] }, control: { url: control.url, key: "env:PLANE", plane: name, folder: path.join(folder, name) } });
  const gateways = [await start("p1", "gateway/main.ts", plane("p1")), await start("p2", "gateway/main.ts", plane("p2"))];
  const call: Staged["call"] = async (method, to, body) => {
    const response = await fetch(control.url + to, { method, headers: { authorization: `Bearer ${keys.OPERATOR}`, ...(body && { "content-type": "application/json" }) }, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: (await response.json()) as never };
  };
  const seeded = await pushAndFollow(call, { config: base, parent: null, who: "test", why: "first" });
  if (seeded.state !== "active") throw new Error(`The first package is ${seeded.state}: ${seeded.reason}`);
  await untilFollowed(call);
  return {
    base,
    call,
    push: async ({ runtime, version, change }, force = false) => {
      const { active } = (await call("GET", "/v1/status")).body as Status;
      const beganMs = performance.now();
      const ended = pushAndFollow(call, { config: change(base), parent: active?.package.hash ?? null, who: "test", why: "test", force, ...(runtime && { runtime }), ...(version && { version }) });
      const settled = ended.then(({ hash }) => (hash === null ? null : sleep(settleMs)));
      const [served, { hash, ...end }] = await Promise.all([offerLoad(gateways.map(({ url }) => url), settled), ended.then((end) => ({ ...end, ms: performance.now() - beganMs }))]);
      return { ...end, requests: served.length, reached: hash === null ? 0 : served.filter((each) => each.hash === hash).length };
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(children.map((child) => child.kill()))),
  };
}

interface Status {
  readonly active: { readonly package: { readonly hash: string } } | null;
  readonly activeOn: readonly string[];
  readonly rollout: object | null;
}

interface Entry {
  readonly state: string;
  readonly reason: string | null;
}

async function pushAndFollow(call: Staged["call"], push: object): Promise<{ readonly hash: string | null; readonly state: string; readonly reason: string }> {
  const { status, body } = await call("POST", "/v1/push", push);
  if (status !== 200) {
    const { error } = body as { readonly error: { readonly code: string; readonly message: string } };
    return { hash: null, state: `refused: ${error.code}`, reason: error.message };
  }
  for (let waitedMs = 0; ((await call("GET", "/v1/status")).body as Status).rollout !== null; waitedMs += 100) {
    if (waitedMs > endMsMax) throw new Error("The push has not ended");
    await sleep(100);
  }
  const { state, reason } = ((await call("GET", "/v1/history")).body as readonly Entry[]).at(-1)!;
  return { hash: (body as { readonly hash: string }).hash, state, reason: reason ?? "" };
}

/**
 * What a bad package may reach: nothing where a check can see it, else the first step's share of the requests and ten
 * more.
 */
export function reachedMax({ foundBy }: BadPackage, { requests }: Push, share: number = defaultSteps[0]!.share): number {
  return foundBy === "rollback" ? Math.floor(share * requests) + 10 : 0;
}

const objections: Readonly<Record<string, Step>> = { too_large: "size", older: "version" };

/** Which step stopped the package; null: none did. */
export function stoppedBy({ state, reason }: Push): Step | null {
  if (state === "rolled_back") return "rollback";
  const [, objection] = /^refused: (.*)$/.exec(state) ?? [];
  if (objection !== undefined) return objections[objection] ?? null;
  return (["loader", "identity", "eval gate", "data plane"] as const).find((step) => reason.replace("the ", "").startsWith(step)) ?? null;
}

/** Waits until both data planes run the active package. */
async function untilFollowed(call: Staged["call"]): Promise<void> {
  while (((await call("GET", "/v1/status")).body as Status).activeOn.length < 2) await sleep(50);
}
