/**
 * `npm run bench:redis`: what a slow or dead Redis costs the requests of a gateway whose limits are in it. One run,
 * blocks of open-loop load: a control block with Redis healthy before, between and after the troubled ones, so that
 * each is compared with its neighbours on the same machine in the same minute. Prints a Markdown table and one line of
 * JSON; `--write` puts both into docs/results/redis.md.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { quantile } from "../../kernel/stats.ts";
import { startRedisWorld, type RedisTrouble, type RedisWorld } from "../support/redis-world.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run bench:redis -- [options]

  --rate N      requests a second (50)
  --seconds N   length of a block (14)
  --rounds N    of four blocks each (3)
  --write       put the tables into docs/results/redis.md
`;

const { values } = scriptOptions(usage, { rate: { type: "string", default: "50" }, seconds: { type: "string", default: "14" }, rounds: { type: "string", default: "3" }, write: { type: "boolean", default: false } });
const perSecond = Number(values.rate);
const blockS = Number(values.seconds);
const order: readonly RedisTrouble[] = [...Array.from({ length: Number(values.rounds) }, () => ["none", "slow", "none", "dead"] as const).flat(), "none"];
/** Between blocks: the circuit probes every two seconds. */
const settleMs = 2_500;

interface Block {
  readonly trouble: RedisTrouble;
  readonly sent: number;
  readonly failed: number;
  readonly ready: boolean;
  /** Whether it drew on its local share at the end of the block. */
  readonly local: boolean;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly times: readonly number[];
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Latency counts from when a request should have been sent. The trouble begins with the first request of the block. */
async function block(world: RedisWorld, trouble: RedisTrouble): Promise<Block> {
  await world.trouble(trouble);
  const startMs = performance.now();
  const pending: Promise<{ status: number; ms: number }>[] = [];
  for (let index = 0; index < perSecond * blockS; index++) {
    const dueMs = startMs + (index * 1_000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const lateMs = performance.now() - dueMs;
    pending.push(world.ask().then(({ status, ms }) => ({ status, ms: ms + lateMs })));
  }
  const answers = await Promise.all(pending);
  const [state, ready] = [await world.state(), await world.isReady()];
  const times = answers.map(({ ms }) => ms);
  await world.trouble("none");
  await recovered(world);
  return {
    trouble,
    ready,
    sent: answers.length,
    failed: answers.filter(({ status }) => status !== 200).length,
    local: state.store.from === "local",
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    maxMs: Math.max(...times),
    times,
  };
}

async function recovered(world: RedisWorld): Promise<void> {
  const untilMs = performance.now() + 20_000;
  for (await sleep(settleMs); performance.now() < untilMs; await sleep(100)) {
    await world.ask();
    if ((await world.state()).store.from === "shared") return;
  }
  throw new Error("The gateway did not come back to its Redis");
}

const rounded = (value: number) => Math.round(value * 10) / 10;

function tableOf(blocks: readonly Block[]): string {
  const rows = blocks.map(({ trouble, sent, failed, ready, local, p50Ms, p99Ms, maxMs }, index) =>
    `| ${[index + 1, trouble === "none" ? "healthy (control)" : trouble === "slow" ? "30 s latency" : "dead", sent, failed, ready ? "yes" : "no", local ? "local share" : "Redis", rounded(p50Ms), rounded(p99Ms), rounded(maxMs)].join(" | ")} |`,
  );
  return ["| block | Redis | requests | failed | ready | limits by | p50 ms | p99 ms | max ms |", "|---|---|---|---|---|---|---|---|---|", ...rows].join("\n");
}

/**
 * By kind of block: p50 and p99 of all its requests together, and the median of its blocks' p99 with the least and the
 * greatest. `added`: the median over troubled blocks of their p99 less the mean p99 of the control blocks on both
 * sides.
 */
function summaryOf(blocks: readonly Block[]) {
  const kind = (trouble: RedisTrouble) => {
    const own = blocks.filter((one) => one.trouble === trouble);
    const times = own.flatMap((one) => one.times);
    const p99s = own.map(({ p99Ms }) => p99Ms);
    const added = blocks.flatMap((one, index) => (one.trouble === trouble && trouble !== "none" ? [one.p99Ms - (blocks[index - 1]!.p99Ms + blocks[index + 1]!.p99Ms) / 2] : []));
    return {
      p50_ms: rounded(quantile(times, 0.5)),
      p99_ms: rounded(quantile(times, 0.99)),
      block_p99_ms: [Math.min(...p99s), quantile(p99s, 0.5), Math.max(...p99s)].map(rounded),
      ...(added.length > 0 && { p99_added_ms: rounded(quantile(added, 0.5)) }),
    };
  };
  return { healthy: kind("none"), slow: kind("slow"), dead: kind("dead"), failed: blocks.reduce((total, { failed }) => total + failed, 0), ready: blocks.every(({ ready }) => ready) };
}

const loadBefore = loadavg()[0]!;
await using world = await startRedisWorld({ requests: 10_000_000, windowMs: 86_400_000 });
for (let count = 0; count < 200; count++) await world.ask();
const blocks: Block[] = [];
for (const trouble of order) blocks.push(await block(world, trouble));
const [table, summary] = [tableOf(blocks), JSON.stringify(summaryOf(blocks))];
console.log(`${table}\n\n${summary}`);
if (values.write) {
  const text = `# A Redis that is slow or dead

\`npm run bench:redis -- --write\`, ${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, Node ${process.versions.node}, load average ${rounded(loadBefore)} before and
${rounded(loadavg()[0]!)} after (above the number of cores, other work on the machine is in the figures: the control blocks show how much). Open loop, ${perSecond} requests a second,
${blockS} s a block; each request's requests and tokens are reserved and settled in Redis, which stands behind the embedded network proxy. A troubled block
includes the moment at which the trouble begins. The gateway waits 25 ms for Redis at most (\`limits.storeMs\`), three times; then a circuit opens, and
limits go by the process's local share (half of what was left) until a probe in the background is answered.

${table}

By kind of block, over all its requests (\`block_p99_ms\`: least, median and greatest of its blocks; \`p99_added_ms\`: median over blocks, against the control
blocks on both sides):

\`${summary}\`
`;
  writeFileSync(new URL("../../docs/results/redis.md", import.meta.url), text);
}
