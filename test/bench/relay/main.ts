/**
 * `npm run bench:relay [-- --rounds 5 --seconds 10 --rate 200 --write]`: what the measuring relay adds to a request,
 * and whether it measures what the embedded generator's own client measures. Blocks of open-loop load go straight to a
 * system and through the relay to it, in turn, the order changing each round. Prints a Markdown table and one line of
 * JSON; `--write` puts both into docs/results/relay.md.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { liveClock } from "../../../kernel/clock-live.ts";
import type { Arrival } from "../../../kernel/plan.ts";
import type { ClientRecord, TapLine } from "../../../kernel/records.ts";
import { quantile } from "../../../kernel/stats.ts";
import { exampleArrival } from "../../../lab/load/fixtures/arrival.ts";
import { replay } from "../../../lab/load/core/replay.ts";
import { UndiciTransport } from "../../../lab/load/undici-transport.ts";
import { startServer } from "../simulators/children.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run bench:relay -- [options]

  --rounds N    of all blocks (5)
  --seconds N   length of a block (10)
  --rate N      requests a second (200)
  --write       put the tables into docs/results/relay.md
`;

const { values } = scriptOptions(usage, { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "10" }, rate: { type: "string", default: "200" }, write: { type: "boolean", default: false } });
const rounds = Number(values.rounds);
const perSecond = Number(values.rate);
const blockS = Number(values.seconds);
/** Until the code of both ways is compiled as it will stay. */
const settleS = 10;

type Way = "direct" | "relayed";

interface Block {
  readonly round: number;
  readonly way: Way;
  readonly records: readonly ClientRecord[];
}

const here = (file: string) => new URL(file, import.meta.url).href;
const epochMs = Date.now();
const clock = liveClock(epochMs);

const arrival = (requestId: string, index: number, atMs: number): Arrival => ({ ...exampleArrival(index, atMs), requestId, maxTokens: 10 });

/** Each block has connections of its own. */
async function play(name: string, target: string, seconds: number): Promise<readonly ClientRecord[]> {
  await using transport = new UndiciTransport();
  const fromMs = clock.nowMs() + 100;
  const arrivals = Array.from({ length: perSecond * seconds }, (_, index) => arrival(`${name}-${index}`, index, fromMs + (index * 1_000) / perSecond));
  const records: ClientRecord[] = [];
  await replay({ clock, transport, arrivals, targets: { local: [target] }, keys: { "a/x": "vk" }, timeoutMs: 10_000, emit: (record) => records.push(record) });
  const bad = records.filter(({ end, terminal }) => end !== "complete" || !terminal);
  if (bad.length > 0) throw new Error(`${bad.length} of ${records.length} answers were bad, such as ${JSON.stringify(bad[0])}`);
  return records;
}

const firstTokenMs = (record: ClientRecord) => record.firstTokenMs! - record.sentMs!;
const totalMs = (record: ClientRecord) => record.endMs - record.sentMs!;
const rounded = (value: number) => Math.round(value * 100) / 100;

function tableOf(blocks: readonly Block[]): string {
  const figures = (records: readonly ClientRecord[], of: (record: ClientRecord) => number) => [0.5, 0.99].map((share) => rounded(quantile(records.map(of), share)));
  const rows = blocks.map(({ round, way, records }) => `| ${[round, way, records.length, ...figures(records, firstTokenMs), ...figures(records, totalMs)].join(" | ")} |`);
  return ["| round | way | requests | first token p50 ms | p99 ms | total p50 ms | p99 ms |", "|---|---|---|---|---|---|---|", ...rows].join("\n");
}

/** Relayed less direct, round by round: the median, the least and the greatest. */
function added(blocks: readonly Block[], of: (record: ClientRecord) => number, share: number): readonly [median: number, least: number, greatest: number] {
  const value = (round: number, way: Way) => quantile(blocks.find((block) => block.round === round && block.way === way)!.records.map(of), share);
  const differences = Array.from({ length: rounds }, (_, index) => value(index + 1, "relayed") - value(index + 1, "direct"));
  return [quantile(differences, 0.5), Math.min(...differences), Math.max(...differences)].map(rounded) as unknown as readonly [number, number, number];
}

/**
 * The relay's first-token times beside those of the client behind it, record by record, both from the intended send.
 */
function equality(blocks: readonly Block[], tap: string) {
  const relayed = new Map(tapRecords(tap).map((record) => [record.requestId, record]));
  const pairs = blocks.filter(({ way }) => way === "relayed").flatMap(({ records }) => records.map((own) => ({ own, relay: relayed.get(own.requestId)! })));
  const differences = pairs.map(({ own, relay }) => Math.abs(own.firstTokenMs! - relay.firstTokenMs!));
  const quantiles = (share: number) => rounded(quantile(pairs.map(({ own }) => own.firstTokenMs! - own.intendedMs), share) - quantile(pairs.map(({ own, relay }) => relay.firstTokenMs! - own.intendedMs), share));
  return {
    records: pairs.length,
    difference_p50_ms: rounded(quantile(differences, 0.5)),
    difference_p99_ms: rounded(quantile(differences, 0.99)),
    p50_difference_ms: quantiles(0.5),
    p99_difference_ms: quantiles(0.99),
  };
}

function tapRecords(file: string): readonly ClientRecord[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as TapLine<ClientRecord> & { type: string }).filter(({ type }) => type === "record");
}

const folder = mkdtempSync(path.join(tmpdir(), "blastlab-bench-"));
const tap = path.join(folder, "client.ndjson");
const loadBefore = loadavg()[0]!;
const blocks: Block[] = [];
{
  await using system = await startServer("system", here("system.ts"));
  const systemUrl = `http://127.0.0.1:${system.port}`;
  const config = path.join(folder, "relay.json");
  writeFileSync(config, JSON.stringify({ run: "bench", seed: 1, targets: { local: [systemUrl] }, epochMs, timeoutMs: 10_000, listen: { host: "127.0.0.1", port: 0 }, generator: "bench", tap }));
  await using relay = await startServer("relay", here("../../../lab/load/relay/main.ts"), ["--config", config]);
  const targets: Readonly<Record<Way, string>> = { direct: systemUrl, relayed: `http://127.0.0.1:${relay.port}/local` };
  for (const way of ["direct", "relayed"] as const) await play(`settle-${way}`, targets[way], settleS);
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    const order: readonly Way[] = round % 2 === 0 ? ["relayed", "direct"] : ["direct", "relayed"];
    for (const way of order) blocks.push({ round, way, records: await play(`${way}-${round}`, targets[way], blockS) });
  }
}
const table = tableOf(blocks);
const [p99, p99Least, p99Greatest] = added(blocks, firstTokenMs, 0.99);
const result = {
  first_token_added_p99_ms: p99,
  spread: [p99Least, p99Greatest],
  first_token_added_p50_ms: added(blocks, firstTokenMs, 0.5)[0],
  total_added_p99_ms: added(blocks, totalMs, 0.99)[0],
  equality: equality(blocks, tap),
};
rmSync(folder, { recursive: true });
console.log(`${table}\n\n${JSON.stringify(result)}`);
if (values.write) {
  const text = `# The measuring relay

\`npm run bench:relay -- --write\`, ${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.versions.node}, load average ${rounded(loadBefore)} before and ${rounded(loadavg()[0]!)} after (above the
number of cores, other work on the machine is in the figures). Open loop by the embedded generator, ${perSecond} requests a second, ${blockS} s a block; each answer is a stream of
ten words, the first at once and the others 2 ms apart. Blocks go straight to the system and through the relay in turn. Times count from the send.

${table}

\`${JSON.stringify(result)}\`

\`*_added_*\`: relayed less direct in the same round, the median over the rounds; \`spread\`: its least and greatest. \`equality\` compares the relay's own first-token
times with those of the embedded generator's client in the same relayed blocks, from the intended send: \`difference_*\` record by record, \`*_difference\` of the two
distributions.
`;
  writeFileSync(new URL("../../../docs/results/relay.md", import.meta.url), text);
}
