/**
 * `npm run bench:network [-- --rounds 5 --clients 2000 --connections 32 --bytes 64 --slices 8 --slice-ms 200]`: the
 * embedded proxy beside toxiproxy-server and beside a bare `pipe`, all in front of the same upstream and without
 * toxics: a burst of clients that dial at once, then small messages back and forth. Bursts alternate, and messages go
 * in turns of a fifth of a second. Ratios are of the same round, and their median counts. Prints a table, then one line
 * of JSON.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { quantile } from "../../../kernel/stats.ts";
import { cpuMs, runToEnd, startServer } from "../simulators/children.ts";
import { here, startBarePipe, startEmbedded, startToxiproxy, type Contestant } from "./contestants.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run bench:network -- [options]

  --rounds N        of every contestant (5)
  --clients N       that dial at once (2000)
  --connections N   with messages (32)
  --bytes N         of a message (64)
  --slices N        of messages a round (8)
  --slice-ms N      length of each (200)

Prints a table, then one line of JSON.
`;

const { values } = scriptOptions(usage, {
  rounds: { type: "string", default: "5" },
  clients: { type: "string", default: "2000" },
  connections: { type: "string", default: "32" },
  bytes: { type: "string", default: "64" },
  slices: { type: "string", default: "8" },
  "slice-ms": { type: "string", default: "200" },
});
const graceMs = 60_000;

/** One entry a round, by `contestant figure`. */
const figures = new Map<string, number[]>();
const keep = (name: string, figure: Figure, value: number) => figures.set(`${name} ${figure}`, [...(figures.get(`${name} ${figure}`) ?? []), value]);
const of = (name: string, figure: Figure) => figures.get(`${name} ${figure}`) ?? [];

type Figure = "connectP50" | "connectP99" | "answerP99" | "messages" | "cpuUs";

async function burst({ name, port }: Contestant, isCounted: boolean): Promise<void> {
  const output = await runToEnd(here("burst-clients.ts"), [String(port), values.clients], graceMs);
  const { connectMs, answerMs, failed } = JSON.parse(output) as { connectMs: number[]; answerMs: number[]; failed: number };
  if (failed > 0) throw new Error(`${name}: ${failed} of ${values.clients} connections failed`);
  if (!isCounted) return;
  keep(name, "connectP50", quantile(connectMs, 0.5));
  keep(name, "connectP99", quantile(connectMs, 0.99));
  keep(name, "answerP99", quantile(answerMs, 0.99));
}

async function exchange(contestants: readonly Contestant[], isCounted: boolean): Promise<void> {
  const fromMs = contestants.map(({ pid }) => cpuMs(pid));
  const args = [values.connections, values.bytes, values["slice-ms"], values.slices, ...contestants.map(({ port }) => String(port))];
  const results = JSON.parse(await runToEnd(here("message-clients.ts"), args, graceMs)) as { messages: number; ms: number; sent: number }[];
  if (!isCounted) return;
  for (const [index, { name, pid }] of contestants.entries()) {
    const { messages, ms, sent } = results[index]!;
    keep(name, "messages", messages / (ms / 1000));
    keep(name, "cpuUs", (1000 * (cpuMs(pid) - fromMs[index]!)) / sent);
  }
}

/** Of the same round; none where either was not measured. */
const ratios = (figure: Figure, other: string) => of("embedded", figure).flatMap((value, round) => (of(other, figure)[round] === undefined ? [] : [value / of(other, figure)[round]!]));

const rounded = (value: number) => Math.round(value * 100) / 100;
/** Median, least and greatest; null where there is none. */
const summary = (all: readonly number[]) => (all.length === 0 ? null : { median: rounded(quantile(all, 0.5)), min: rounded(Math.min(...all)), max: rounded(Math.max(...all)) });

function report(contestants: readonly Contestant[]): void {
  console.log(`${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}, load average ${loadavg()[0]!.toFixed(1)}, ${values.rounds} rounds`);
  console.log(`${values.clients} clients at once; ${values.connections} connections with messages of ${values.bytes} bytes; medians (least to greatest)`);
  console.log("\n| | connect p50, ms | connect p99, ms | first byte back p99, ms | messages/s | CPU a message, us |\n|---|---|---|---|---|---|");
  const cell = (name: string, figure: Figure) => {
    const all = of(name, figure);
    return `${Math.round(quantile(all, 0.5))} (${Math.round(Math.min(...all))} to ${Math.round(Math.max(...all))})`;
  };
  for (const { name } of contestants) {
    console.log(`| ${name} | ${(["connectP50", "connectP99", "answerP99", "messages", "cpuUs"] as const).map((figure) => cell(name, figure)).join(" | ")} |`);
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-bench-"));
  await using servers = new AsyncDisposableStack();
  servers.defer(() => rmSync(folder, { recursive: true, force: true }));
  const upstream = servers.use(await startServer("upstream", here("upstream.ts")));
  const contestants: Contestant[] = [servers.use(await startBarePipe(upstream.port)), servers.use(await startEmbedded(upstream.port, folder))];
  const real = await startToxiproxy(upstream.port);
  if (real === null) console.log("toxiproxy: SKIPPED, not found; blastlab tools install toxiproxy");
  else contestants.push(servers.use(real));
  for (let round = -1; round < Number(values.rounds); round++) {
    const order = contestants.map((_, index) => contestants[(index + round + contestants.length) % contestants.length]!);
    for (const contestant of order) await burst(contestant, round >= 0);
    await exchange(order, round >= 0);
  }
  report(contestants);
  const line = {
    connectP99VsToxiproxy: summary(ratios("connectP99", "toxiproxy")),
    answerP99VsToxiproxy: summary(ratios("answerP99", "toxiproxy")),
    messagesVsToxiproxy: summary(ratios("messages", "toxiproxy")),
    messagesVsBarePipe: summary(ratios("messages", "bare pipe")),
    cpuVsToxiproxy: summary(ratios("cpuUs", "toxiproxy")),
    cpuVsBarePipe: summary(ratios("cpuUs", "bare pipe")),
  };
  console.log(JSON.stringify(line));
}

await main();
