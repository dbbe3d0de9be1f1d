/**
 * Runs a command and measures the memory of all its processes together, as proportional set size, ten times a second. With `--limit MiB` it stands in for the
 * kernel's out-of-memory killer, where a cgroup's limit is not enforced: above the limit it ends the largest process by SIGKILL, again and again.
 *
 *   npm run memory -- [--limit MiB] -- run smoke --virtual
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { ProcessTree, type TreeProcess } from "./process-tree.ts";

const everyMs = 100;
const mib = 1024 * 1024;
const launcher = path.resolve(import.meta.dirname, "../../lab/cli/blastlab.mjs");

const words = process.argv.slice(2);
const limited = words[0] === "--limit";
const limitBytes = limited ? Number(words[1]) * mib : Infinity;
const args = words.slice(limited ? 2 : 0).filter((word, index) => !(index === 0 && word === "--"));
if (args.length === 0 || Number.isNaN(limitBytes)) {
  console.error("Usage: npm run memory -- [--limit MiB] -- ARGUMENTS OF BLASTLAB");
  process.exit(4);
}

const child = spawn(process.execPath, [launcher, ...args], { stdio: "inherit" });
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

child.once("close", (code, signal) => {
  clearInterval(timer);
  const left = tree.read().length;
  console.log(`\nmemory: peak ${Math.round(sumOf(peak) / mib)} MiB over ${peak.length} processes; ended with ${signal ?? `exit code ${code}`}; ${left} processes left`);
  for (const one of peak.toSorted((a, b) => b.pssBytes - a.pssBytes)) console.log(`  ${Math.round(one.pssBytes / mib)} MiB  ${nameOf(one)}`);
  process.exit(code ?? 1);
});
