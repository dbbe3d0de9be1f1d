import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { post, type K6Params } from "./http.ts";
import type { Iteration } from "./iteration.ts";

export const iterations = new AsyncLocalStorage<Iteration>();

const current = (): Iteration => {
  const iteration = iterations.getStore();
  if (iteration === undefined) throw new Error("This function is not available in the init context");
  return iteration;
};

class SharedArray {
  constructor(_name: string, make: () => readonly object[]) {
    return make().map((element) => Object.freeze(element)) as unknown as SharedArray;
  }
}

/** A stop wakes who sleeps. */
async function sleep(seconds: number): Promise<void> {
  await pause(seconds * 1_000, undefined, { signal: current().signal }).catch(() => {});
}

/** The parts of k6's modules that the lab's script uses. Their blocking functions return promises here. */
const modules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  k6: { sleep },
  "k6/data": { SharedArray },
  "k6/execution": { default: { scenario: { get iterationInTest(): number { return current().number; } } } },
  "k6/http": { default: { post: (url: string, body: string, params?: K6Params) => post(current(), { url, body, params: params ?? {} }) } },
};

export interface Script {
  readonly options: { readonly scenarios: Readonly<Record<string, { readonly executor: string; readonly vus: number; readonly iterations: number; readonly maxDuration: string }>> };
  readonly default: () => Promise<void>;
}

/**
 * Loads a k6 script as k6 does: types stripped, k6's modules and globals there. k6 blocks a virtual user in `sleep` and
 * `http.post`; Node cannot, so that the default function is made to await both.
 */
export async function loadScript(file: string): Promise<Script> {
  const url = pathToFileURL(file).href;
  Object.assign(globalThis, { __ENV: process.env, open: (path: string) => readFileSync(path, "utf8"), k6Modules: modules });
  registerHooks({
    resolve: (specifier, context, next) => (specifier in modules ? { url: `k6:${specifier}`, format: "module", shortCircuit: true } : next(specifier, context)),
    load: (loaded, context, next) => {
      if (loaded.startsWith("k6:")) return { format: "module", source: moduleSource(loaded.slice("k6:".length)), shortCircuit: true };
      if (loaded === url) return { format: "module", source: awaiting(stripTypeScriptTypes(readFileSync(file, "utf8"))), shortCircuit: true };
      return next(loaded, context);
    },
  });
  return (await import(url)) as Script;
}

function moduleSource(name: string): string {
  const values = `globalThis.k6Modules[${JSON.stringify(name)}]`;
  return Object.keys(modules[name]!)
    .map((key) => (key === "default" ? `export default ${values}.default;` : `export const ${key} = ${values}.${key};`))
    .join("\n");
}

function awaiting(source: string): string {
  const blocking = [/\bexport default function\b/, /(?<![\w.])sleep\(/, /(?<![\w.])http\.post\(/];
  for (const pattern of blocking) if (source.split(pattern).length !== 2) throw new Error(`The stand-in for k6 expects ${pattern} exactly once in the script`);
  const [fn, ...calls] = blocking;
  return calls.reduce((text, call) => text.replace(call, (match) => `await ${match}`), source.replace(fn!, "export default async function"));
}
