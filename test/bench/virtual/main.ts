/**
 * `npm run bench:virtual [-- --rounds 5 --seed 1 --write]`: requests that the virtual harness simulates in a second of
 * CPU time. `flagship` and `saturation` run on the default stack, `region-loss` on `hardened`, whose clients reach two
 * regions by two edges. The floor is the same arrivals sent by the same clients to an empty handler, in virtual time
 * and without a network. Rounds alternate. The first is not counted, and the median of the others counts. Planning and
 * the verdict have a column of their own. CPU time includes that of Node's other threads, such as compiling and
 * collecting garbage. Prints a table and one line of JSON; `--write` puts both into docs/results/virtual-speed.md.
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import Table from "cli-table3";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { quantile } from "../../../kernel/stats.ts";
import { bodyOf, type Transport } from "../../../kernel/transport.ts";
import { playResolved } from "../../../lab/conductor/virtual/play.ts";
import { replay } from "../../../lab/load/core/replay.ts";
import { virtualKeys } from "../../../lab/plan/gateway-config.ts";
import { defaultStack, resolveRun, type ResolvedRun } from "../../../lab/plan/resolve-run.ts";
import { runVirtual } from "../../../lab/virtual/run.ts";
import { neverSignal } from "../../../kernel/signal.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run bench:virtual -- [options]

  --rounds N   of every scenario (5)
  --seed N     of the scenarios (1)
  --write      put the tables into docs/results/virtual-speed.md

Prints a table, then one line of JSON.
`;

const { values } = scriptOptions(usage, { rounds: { type: "string", default: "5" }, seed: { type: "string", default: "1" }, write: { type: "boolean", default: false } });
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];

const contests = [
  { scenario: "flagship", stack: defaultStack },
  { scenario: "saturation", stack: defaultStack },
  { scenario: "region-loss", stack: "hardened" },
] as const;

/** Seconds of CPU time that `act` takes in this process, in all its threads, and what it returns. */
async function cpuOf<T>(act: () => T | Promise<T>): Promise<readonly [seconds: number, result: T]> {
  const from = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(from);
  return [(user + system) / 1e6, result];
}

/** The arrivals' clients, and nothing behind them. */
async function playFloor({ plan, arrivals }: ResolvedRun): Promise<void> {
  const clock = new VirtualClock();
  const transport: Transport = { open: async () => ({ status: 200, headers: {}, body: bodyOf() }) };
  const regions = [...new Set(arrivals.map(({ region }) => region))];
  const targets = Object.fromEntries(regions.map((region) => [region, ["http://nowhere"]]));
  const done = replay({ clock, transport, arrivals, targets, keys: virtualKeys(plan), timeoutMs: 60_000, emit: () => {} });
  await clock.run();
  await done;
}

/** One round of one contest. `besidesS`: CPU seconds of plan and verdict. */
async function measure({ scenario, stack }: (typeof contests)[number]) {
  const [planS, resolved] = await cpuOf(() => resolveRun({ scenario, stack, seed, sets: ["measure.control=self"] }));
  const requests = resolved.arrivals.length;
  const [floorS] = await cpuOf(() => playFloor(resolved));
  const [runS, { endedMs }] = await cpuOf(() => runVirtual(resolved));
  const [playedS] = await cpuOf(() => playResolved(resolved, { onProgress: () => {}, signal: neverSignal }));
  return { requests, perS: requests / runS, floorPerS: requests / floorS, ofFloor: runS / floorS, realtime: endedMs / 1000 / runS, besidesS: planS + Math.max(0, playedS - runS) };
}

type Sample = Awaited<ReturnType<typeof measure>>;

const samples: readonly Sample[][] = contests.map(() => []);
for (let round = 0; round <= rounds; round++) {
  for (const [index, contest] of contests.entries()) {
    const sample = await measure(contest);
    if (round > 0) samples[index]!.push(sample);
  }
}

/** The machine's noise bears no more figures. */
const rounded = (value: number) => Number(value.toPrecision(3));
const rows = contests.map((contest, index) => {
  const median = (of: (sample: Sample) => number) => quantile(samples[index]!.map(of), 0.5);
  const rates = samples[index]!.map(({ perS }) => perS);
  const perS = median((sample) => sample.perS);
  return {
    ...contest,
    requests: samples[index]![0]!.requests,
    floorPerS: rounded(median((sample) => sample.floorPerS)),
    besidesS: rounded(median((sample) => sample.besidesS)),
    figures: {
      requests_per_cpu_s: rounded(perS),
      vs_floor: rounded(median((sample) => sample.ofFloor)),
      vs_realtime: rounded(median((sample) => sample.realtime)),
      spread: rounded((Math.max(...rates) - Math.min(...rates)) / perS),
    },
  };
});

const head = ["scenario", "stack", "requests", "requests a CPU s", "floor, requests a CPU s", "cost in floors", "virtual s a CPU s", "spread", "plan and verdict, CPU s"];
const cells = rows.map(({ scenario, stack, requests, floorPerS, besidesS, figures: { requests_per_cpu_s, vs_floor, vs_realtime, spread } }) => [scenario, stack, requests, requests_per_cpu_s, floorPerS, vs_floor, vs_realtime, spread, besidesS].map(String));
const table = new Table({ head });
table.push(...cells);
console.log(table.toString());
const json = JSON.stringify(Object.fromEntries(rows.map(({ scenario, figures }) => [scenario, figures])));
console.log(json);

if (values.write) {
  const date = new Date().toISOString().slice(0, 10);
  const lines = [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`);
  const text = `# The speed of the virtual harness

${date}: \`npm run bench:virtual -- --rounds ${rounds} --seed ${seed} --write\`, Node ${process.versions.node}, ${cpus()[0]?.model ?? "unknown processor"},
${cpus().length} cores, load average ${loadavg()[0]!.toFixed(0)}. Medians of ${rounds} rounds. *Spread* is the highest rate less the lowest, divided by the median.
The *floor* is the same arrivals sent by the same clients to an empty handler, in virtual time and without a network.

Words of a stream travel together where no fault can reach that stream ([decision 69](../decisions/0069-words-that-travel-together.md)).
So a scenario whose faults lie on the way of many streams costs more than one whose faults providers play themselves.

${lines.join("\n")}

\`\`\`json
${json}
\`\`\`
`;
  writeFileSync(new URL("../../../docs/results/virtual-speed.md", import.meta.url), text);
}
