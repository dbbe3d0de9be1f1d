import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import { readFilesOf } from "../plan/files.ts";
import { openScenario, openStack } from "../plan/library.ts";
import { readRunFiles } from "../plan/resolve-run.ts";
import type { Cell } from "./cell.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folders = ["bypass", "gateway", "kernel", "lab", "observer", "scenarios", "simulators"];

/** Files that a result can depend on: sources, scenarios, stacks, incidents, and the versions of packages. */
const isPlayed = (name: string) => /\.(ts|mjs|ya?ml|json)$/.test(name) && !name.endsWith(".test.ts");

/**
 * SHA-256 of the lab's own files and of the user's: scenarios, stacks, and the incidents and profiles that scenarios
 * name. Two machines with the same one play the same cells alike. Throws LabError `refused` where a file is not valid.
 */
export function codeDigest(cells: readonly Cell[]): string {
  const hash = createHash("sha256");
  const add = (name: string, content: string | Buffer) => void hash.update(`${name}\0${content.length}\0`).update(content);
  for (const name of ["package.json", "package-lock.json"]) add(name, contentOf(name));
  for (const folder of folders) {
    const names = readdirSync(path.join(root, folder), { recursive: true }).map(String).filter(isPlayed).sort();
    for (const name of names) add(path.posix.join(folder, ...name.split(path.sep)), contentOf(path.join(folder, name)));
  }
  for (const scenario of new Set(cells.map((cell) => cell.scenario))) add(scenario, openScenario(scenario).text);
  for (const stack of new Set(cells.map((cell) => cell.stack))) add(stack, openStack(stack).text);
  for (const [name, cell] of new Map(cells.map((cell) => [JSON.stringify([cell.scenario, cell.sets]), cell]))) add(name, namedBy(cell));
  return hash.digest("hex");
}

/** What the files hold that the scenario names, as a run takes it. */
function namedBy(cell: Cell): string {
  const { sources, scenario } = readRunFiles(cell);
  return canonicalJson(readFilesOf(scenario, path.dirname(sources.scenario.path)));
}

/** Empty: an installed package has no lock file. */
function contentOf(name: string): Buffer {
  try {
    return readFileSync(path.join(root, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
