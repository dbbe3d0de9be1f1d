/**
 * `npm run bench:redis`: what a slow or dead Redis costs the requests of a gateway whose limits are in it. One run, blocks of open-loop load:
 * a control block with Redis healthy before, between and after the troubled ones, so that each is compared with its neighbours on the same
 * machine in the same minute. Prints a Markdown table and one line of JSON; `--write` puts both into docs/results/redis.md.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { quantile } from "../../kernel/stats.ts";
import { startRedisWorld, type RedisTrouble, type RedisWorld } from "../support/redis-world.ts";

const { values } = parseArgs({ options: { rate: { type: "string", default: "50" }, seconds: { type: "string", default: "12" }, write: { type: "boolean", default: false } } });
const perSecond = Number(values.rate);
const blockS = Number(values.seconds);
const order: readonly RedisTrouble[] = ["none", "slow", "none", "dead", "none", "slow", "none", "dead", "none"];
/** Between blocks: the circuit probes every two seconds. */
const settleMs = 5_000;

interface Block {
  readonly trouble: RedisTrouble;
  readonly sent: number;
  readonly failed: number;
  readonly ready: boolean;
  /** Share of the checks at which the gateway drew on its local share. */
  readonly local: boolean;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
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

/** Each troubled block's p99 over the mean p99 of the control blocks on both sides of it. */
function summaryOf(blocks: readonly Block[]) {
  const added = (kind: RedisTrouble) =>
    blocks.flatMap(({ trouble, p99Ms }, index) => (trouble === kind ? [rounded(p99Ms - (blocks[index - 1]!.p99Ms + blocks[index + 1]!.p99Ms) / 2)] : []));
  const controls = blocks.filter(({ trouble }) => trouble === "none").map(({ p99Ms }) => rounded(p99Ms));
  return { control_p99_ms: controls, slow_p99_added_ms: added("slow"), dead_p99_added_ms: added("dead"), failed: blocks.reduce((total, { failed }) => total + failed, 0), ready: blocks.every(({ ready }) => ready) };
}

await using world = await startRedisWorld({ requests: 10_000_000, windowMs: 86_400_000 });
for (let count = 0; count < 200; count++) await world.ask();
const blocks: Block[] = [];
for (const trouble of order) blocks.push(await block(world, trouble));
const [table, summary] = [tableOf(blocks), JSON.stringify(summaryOf(blocks))];
console.log(`${table}\n\n${summary}`);
if (values.write) {
  const text = `# A Redis that is slow or dead

\`npm run bench:redis -- --write\`, ${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, Node ${process.versions.node}. Open loop, ${perSecond} requests a second,
${blockS} s a block; each request's requests and tokens are reserved and settled in Redis, which stands behind the embedded network proxy. A troubled block
includes the moment at which the trouble begins. The gateway waits 25 ms for Redis at most (\`limits.storeMs\`), three times; then a circuit opens, and
limits go by the process's local share (half of what was left) until a probe in the background is answered.

${table}

\`${summary}\`
`;
  writeFileSync(new URL("../../docs/results/redis.md", import.meta.url), text);
}
