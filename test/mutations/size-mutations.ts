import { appendFileSync, closeSync, openSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import type { Plan } from "../../kernel/plan.ts";
import type { Mutable } from "./run-copy.ts";

/** What can hang a reader or fill its memory: each changes a directory for good. */
export const sizeMutations: Readonly<Record<string, (directory: string) => void>> = {
  "a plan of 10 MB of nothing": (directory) => writeFileSync(path.join(directory, "plan.json"), `[${"[],".repeat(3_450_000)}[]]`),
  "a plan of 100 MB": (directory) => writeFileSync(path.join(directory, "plan.json"), `[${"[],".repeat(33_000_000)}[]]`),
  "a plan with many prompts": (directory) => editPlan(directory, (plan) => void (plan.prompts = Array.from({ length: 70_000 }, () => plan.prompts[0]!))),
  "a plan of 90 days": (directory) => editPlan(directory, (plan) => void (plan.timeline.endMs = 90 * 86_400_000)),
  "a plan without end": (directory) => editPlan(directory, (plan) => void (plan.timeline.endMs = 1e12)),
  "a plan that offers all that can be offered": (directory) => editPlan(directory, (plan) => void (plan.arrivalCount = 10_000_000)),
  "a tap of zeros": (directory) => truncateSync(tap(directory, "client"), 2 ** 31),
  "a tap that never ends": (directory) => replaced(tap(directory, "wire-primary"), (file) => symlinkSync("/dev/zero", file)),
  "a tap of many records": (directory) => appendRepeated(tap(directory, "client"), secondLine(tap(directory, "client")), 50 << 20),
  "a tap over the limit": (directory) => appendRepeated(tap(directory, "client"), secondLine(tap(directory, "client")), 90 << 20),
  "a plan that offers all that can be offered, and a tap that holds it": (directory) => {
    editPlan(directory, (plan) => void (plan.arrivalCount = 10_000_000));
    appendRepeated(tap(directory, "client"), secondLine(tap(directory, "client")), 300 << 20);
    appendRepeated(path.join(directory, "arrivals.ndjson"), secondLine(path.join(directory, "arrivals.ndjson")), 300 << 20);
  },
  "a tap of long records": (directory) => appendRepeated(tap(directory, "client"), secondLine(tap(directory, "client")).replace(/"text":"/, `"text":"${"x".repeat(15 << 20)}`), 75 << 20),
  "arrivals without end": (directory) => appendRepeated(path.join(directory, "arrivals.ndjson"), secondLine(path.join(directory, "arrivals.ndjson")), 90 << 20),
  "a scenario of 3 MB": (directory) => appendFileSync(path.join(directory, "scenario.yaml"), `# ${"x".repeat(3 << 20)}\n`),
  "a scenario that offers without end": (directory) => writeFileSync(path.join(directory, "scenario.yaml"), readFileSync(path.join(directory, "scenario.yaml"), "utf8").replace(/requestsPerSecond: \d+/, "requestsPerSecond: 2000").replace(/recoveryMs: \d+/, "recoveryMs: 8000000000")),
};

const tap = (directory: string, name: string) => path.join(directory, "taps", `${name}.ndjson`);
const secondLine = (file: string) => readFileSync(file, "utf8").split("\n")[1]!;

function editPlan(directory: string, change: (plan: Mutable<Plan>) => void): void {
  const file = path.join(directory, "plan.json");
  const plan = JSON.parse(readFileSync(file, "utf8")) as Mutable<Plan>;
  change(plan);
  writeFileSync(file, JSON.stringify(plan));
}

function replaced(file: string, make: (file: string) => void): void {
  rmSync(file);
  make(file);
}

/**
 * Appends lines with right numbers until the file is that much larger: a record's `sequence`, an arrival's `index` and
 * `requestId`.
 */
function appendRepeated(file: string, line: string, bytes: number): void {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const isTap = line.includes('"sequence"');
  let number = isTap ? lines.length - 2 : lines.length;
  const kept = isTap ? lines.slice(0, -1) : lines;
  writeFileSync(file, `${kept.join("\n")}\n`);
  const descriptor = openSync(file, "a");
  for (let written = 0; written < bytes; number++) {
    const next = `${line.replace(/"(sequence|index)":\d+/, `"$1":${number}`).replace(/"requestId":"[^"]*"/, `"requestId":"x-${number}"`)}\n`;
    written += writeSync(descriptor, next);
  }
  closeSync(descriptor);
}
