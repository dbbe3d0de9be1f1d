/**
 * Runs a command and measures the memory of all its processes together, as proportional set size, ten times a second.
 * With `--limit MiB` it stands in for the kernel's out-of-memory killer, where a cgroup's limit is not enforced: above
 * the limit it ends the largest process by SIGKILL, again and again.
 *
 *   npm run memory -- [--limit MiB] [--node PATH] run smoke --virtual
 *
 * `--node` is the Node of whoever types the command: one older than 24 hands over to the lab's own, as npx does.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { scriptOptions } from "../support/script-options.ts";
import { ProcessTree, type TreeProcess } from "./process-tree.ts";

const usage = `Usage: npm run memory -- [--limit MiB] [--node PATH] ARGUMENTS OF BLASTLAB

  --limit MiB   end the largest process where all have more
  --node PATH   the Node that starts the lab
`;

const everyMs = 100;
const mib = 1024 * 1024;
const launcher = path.resolve(import.meta.dirname, "../../lab/cli/blastlab.mjs");

const { values, positionals: args } = scriptOptions(usage, { limit: { type: "string" }, node: { type: "string" } }, { args: splitAt(process.argv.slice(2)), allowPositionals: true });
const limitBytes = values.limit === undefined ? Infinity : Number(values.limit) * mib;
if (args.length === 0 || Number.isNaN(limitBytes)) {
  process.stderr.write(usage);
  process.exit(4);
}

/** What stands after the first word that is no option of this program's is blastlab's. */
function splitAt(words: readonly string[]): string[] {
  const at = words.findIndex((word, index) => !word.startsWith("--") && !["--limit", "--node"].includes(words[index - 1] ?? ""));
  return at < 0 ? [...words] : [...words.slice(0, at), "--", ...words.slice(at)];
}

const child = spawn(values.node ?? process.execPath, [launcher, ...args], { stdio: "inherit" });
const tree = new ProcessTree(child.pid!);
let peak: readonly TreeProcess[] = [];
const sumOf = (processes: readonly TreeProcess[]) => processes.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
const nameOf = ({ command }: TreeProcess) => command.split(" ").filter((word) => /\.m?[jt]s$|toxiproxy|k6$/.test(word)).at(-1)?.split("/").slice(-3).join("/") ?? command.slice(0, 60);

const timer = setInterval(() => {
  const processes = tree.read();
  if (sumOf(processes) > sumOf(peak)) peak = processes;
  if (sumOf(processes) <= limitBytes) return;
  const largest = processes.reduce((a, b) => (b.pssBytes > a.pssBytes ? b : a));
  console.error(`memory: ${Math.round(sumOf(processes) / mib)} MiB are over the limit: ${nameOf(largest)} with ${Math.round(largest.pssBytes / mib)} MiB is killed`);
  process.kill(largest.pid, "SIGKILL");
}, everyMs);

child.once("close", (code, signal) => void report(signal ?? `exit code ${code}`).then(() => process.exit(code ?? 1)));

/** After what the warden has to undo and write when the lab was killed: it takes up to 5 s. */
async function report(end: string): Promise<void> {
  clearInterval(timer);
  const endedMs = performance.now();
  while (tree.read().length > 0 && performance.now() - endedMs < 6_000) await sleep(everyMs);
  const left = tree.read().length;
  console.log(`\nmemory: peak ${Math.round(sumOf(peak) / mib)} MiB over ${peak.length} processes; ended with ${end}; ${left} processes left after ${((performance.now() - endedMs) / 1_000).toFixed(1)} s`);
  for (const one of peak.toSorted((a, b) => b.pssBytes - a.pssBytes)) console.log(`  ${Math.round(one.pssBytes / mib)} MiB  ${nameOf(one)}`);
}
