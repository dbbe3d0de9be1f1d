/** The embedded load generator as a process of its own: see "Processes of a live run" in docs/ARCHITECTURE.md. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { liveClock } from "../../kernel/clock-live.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Arrival } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { Canceller } from "../../kernel/signal.ts";
import { readArrivals } from "./arrivals-file.ts";
import { missingFrom } from "./core/request.ts";
import { replay } from "./core/replay.ts";
import { TapWriter } from "./tap.ts";
import { UndiciTransport } from "./undici-transport.ts";

const configSchema = z.object({
  run: z.string(),
  seed: z.number(),
  /** Path of `arrivals.ndjson`. */
  arrivals: z.string(),
  targets: z.record(z.string(), z.url({ protocol: /^http$/ })),
  keys: z.record(z.string(), z.string()),
  epochMs: z.number(),
  timeoutMs: z.number().positive(),
  /** Path of `client.ndjson`. */
  tap: z.string(),
});

type LoadConfig = z.infer<typeof configSchema>;

const say = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);

function prepare(): { config: LoadConfig; arrivals: readonly Arrival[] } {
  const { values } = parseArgs({ options: { config: { type: "string" } } });
  const config = configSchema.parse(JSON.parse(readFileSync(values.config ?? "", "utf8")));
  const arrivals = readArrivals(config.arrivals);
  const missing = missingFrom(config, arrivals);
  if (missing.length === 0) return { config, arrivals };
  throw new LabError({ exit: "failed", code: "config_invalid", message: `The config has no ${missing.join(", no ")}`, hint: "Name one for each cell." });
}

async function offer({ config, arrivals }: ReturnType<typeof prepare>): Promise<void> {
  const canceller = new Canceller();
  process.once("SIGTERM", () => canceller.cancel("SIGTERM"));
  process.stdin.once("close", () => canceller.cancel("stdin closed")).resume();
  await using transport = new UndiciTransport();
  const { run, seed, epochMs, targets, keys, timeoutMs } = config;
  await using tap = new TapWriter<ClientRecord>(config.tap, { tap: "client", source: "embedded", run, seed, epochMs });
  say({ ready: true, url: "" });
  const clock = liveClock(epochMs);
  const summary = await replay({ clock, transport, arrivals, targets, keys, timeoutMs, emit: (record) => tap.write(record), signal: canceller.signal });
  process.stderr.write(`${JSON.stringify(summary)}\n`);
}

async function main(): Promise<number> {
  let prepared: ReturnType<typeof prepare>;
  try {
    prepared = prepare();
  } catch (error) {
    const { code, hint } = error instanceof LabError ? error : { code: "config_invalid", hint: "See lab/load/main.ts for what its config holds." };
    say({ ready: false, code, message: messageOf(error), hint });
    return 3;
  }
  await offer(prepared);
  return 0;
}

process.exit(await main());
