import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { configDiff } from "../../gateway/control/package-diff.ts";
import { parseStack } from "../../scenarios/parse.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { openStack, stackNames } from "./library.ts";

function stackAt(nameOrPath: string): Omit<Stack, "name" | "title" | "description"> {
  const { text, shown } = openStack(nameOrPath);
  const { name: _name, title: _title, description: _description, ...stack } = parseStack(text, shown);
  return stack;
}

/** A stack file of the user's own. */
function fileWith(files: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-stacks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return (name) => path.join(folder, name);
}

const own = (extended: string, rest = "") => `extends: ${extended}\nname: mine\ntitle: Mine\n${rest}`;

/** What is different in each stack that lacks one of the protections of `hardened`. */
test.each([
  ["bypass", ["bypass"]],
  ["canary", ["control.settings.canary"]],
  ["contract-check", ["gateway.contractCheck"]],
  ["observer", ["observer"]],
  ["ramp", ["edge.settings.ramp"]],
  ["eval-gate", ["control.evalGate"]],
  ["leases", ["vault.settings.leaseMs", "vault.settings.graceMs"]],
  ["regions", ["regions"]],
  ["shedding", ["gateway.policy.concurrency"]],
  ["staging", ["control.settings.steps"]],
  ["warm-up", ["gateway.cache.warmUp"]],
])("stacks: hardened-without-%s is hardened but for that", (name, paths) => {
  const changes = configDiff(stackAt("hardened"), stackAt(`hardened-without-${name}`));
  expect(changes.length).toBeGreaterThan(0);
  for (const change of changes) expect(paths.some((each) => change.path === each || change.path.startsWith(`${each}.`) || change.path.startsWith(`${each}[`)), change.path).toBe(true);
});

test("stacks: every stack that lacks a protection is held to that", () => {
  expect(stackNames().filter((name) => name.includes("-without-"))).toEqual(["bypass", "canary", "contract-check", "eval-gate", "leases", "observer", "ramp", "regions", "shedding", "staging", "warm-up"].map((name) => `hardened-without-${name}`));
});

test("openStack: a file extends a stack of the lab by its name, and another file by its path", () => {
  const at = fileWith({ "base.yaml": own("naive", "replicas: 3\n"), "mine.yaml": own("./base.yaml", "bootMs: 5\n") });
  expect(stackAt(at("mine.yaml"))).toEqual({ ...stackAt("naive"), replicas: 3, bootMs: 5 });
});

test("openStack: what a file extends must be there, and not be the file itself", () => {
  const at = fileWith({ "loop.yaml": own("./other.yaml"), "other.yaml": own("./loop.yaml"), "lost.yaml": own("hardend") });
  expect(() => openStack(at("loop.yaml"))).toThrow(expect.objectContaining({ exit: "refused", code: "stack_extends_itself" }) as Error);
  expect(() => openStack(at("lost.yaml"))).toThrow(expect.objectContaining({ code: "unknown_stack", hint: expect.stringContaining("Did you mean hardened") as string }) as Error);
});

/** The lines of a refusal, without the folder. */
function refusalOf(file: string): string {
  const { text, parts } = openStack(file);
  try {
    parseStack(text, file, [], parts);
  } catch (error) {
    return (error as Error).message.replaceAll(/\S*[\\/](?=[\w-]+\.yaml)/g, "");
  }
  throw new Error("It is not refused");
}

test.each([
  ["in the file itself", own("./base.yaml", "replicsa: 3\n"), own("naive"), "mine.yaml:4:1 (root)"],
  ["in the file that it extends", own("./base.yaml"), own("naive", "replicas: 90\n"), "base.yaml:4:11 replicas"],
  ["in a map of which each file has a part", own("./base.yaml", "edge:\n  cuont: 2\n"), own("naive", "edge: { engine: embedded }\n"), "mine.yaml:5:3 edge"],
  ["of a field that both files have", own("hardened", "external: { url: 'http://127.0.0.1:9' }\ngateway: null\n"), own("naive"), "mine.yaml:5:10 gateway"],
])("parseStack: a problem %s is placed there", (_, mine, base, place) => {
  expect(refusalOf(fileWith({ "base.yaml": base, "mine.yaml": mine })("mine.yaml"))).toContain(`\n  ${place}: `);
});

test("parseStack: a stack of a run is whole", () => {
  expect(() => parseStack(own("naive"), "stack.yaml")).toThrow("Here a stack must be whole");
});
