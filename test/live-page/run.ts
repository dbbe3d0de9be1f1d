/** `npm run live-page:load`: what the live page costs at a high rate, and whether it shows every second of the run. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import path from "node:path";
import { quantile } from "../../kernel/stats.ts";
import { chromiumPath, launchChromium } from "../support/chromium.ts";
import { readPlan, readVerdict, startCli, type Cli } from "../support/cli.ts";
import { scriptOptions } from "../support/script-options.ts";
import { names, startCost, type Shares } from "./cost.ts";
import { readEpoch, stopByHand, type Stopped } from "./stop-by-hand.ts";
import { shownSecondsOf, watchShownTimes, type ShownSeconds } from "./shown-seconds.ts";

const usage = `Usage: npm run live-page:load -- [options]

  --rate N       requests a second (500)
  --seconds N    length of each run (180)
  --out FILE     where the page goes (docs/results/live-page.md)
  --help         display help

Plays the scenario healthy three times, live. The first run has no page, the second one in a Chromium.
The page's cost is its renderer, and what lab and observer use more with the page than without.
In the third run three faults are injected by hand on the page, and its stop button is pressed.
Exit 1 where the page costs 30 % of one core or more, a second was not shown, or the faults were not lifted within 2 s.
`;

const shareMax = 0.3;
const liftedMsMax = 2_000;
const root = path.resolve(import.meta.dirname, "../..");
const { values } = scriptOptions(usage, { rate: { type: "string", default: "500" }, seconds: { type: "string", default: "180" }, out: { type: "string", default: path.join(root, "docs/results/live-page.md") } });

const loadBefore = loadavg()[0]!.toFixed(1);

/** One run, as far as it was measured. */
interface Measured {
  readonly shares: Shares;
  readonly verdict: string;
  readonly reason: string;
  readonly lagMs: number;
}

const [warmupMs, steadyMs] = [3_000, 20_000];

/**
 * Short answers, and no end before its time: what is measured is the page. The limit of the steady state is for runs
 * that measure the system.
 */
const settings = {
  "workload.requestsPerSecond": values.rate,
  "workload.streamShare": 0.2,
  "workload.maxTokens.median": 6,
  "workload.maxTokens.min": 4,
  "workload.maxTokens.max": 12,
  "measure.steadyBadShareMax": 1,
  "timeline.warmupMs": warmupMs,
  "timeline.steadyMs": steadyMs,
};
/** Long enough for faults of 20 s and a recovery that is watched. It ends when the button is pressed. */
const stopRunSeconds = 100;

function startRun(seconds: number, ...more: readonly string[]): Promise<Cli> {
  const recoveryMs = 1_000 * seconds - warmupMs - steadyMs;
  const assignments = Object.entries({ ...settings, "timeline.recoveryMs": recoveryMs }).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  return startCli(["run", "healthy", "--stack", "one-process", "--load", "embedded", "--network", "embedded", "--out", "{out}", ...assignments, ...more]);
}

/** Measures from the timeline's zero to the end of its load. */
async function sharesOf(cli: Cli): Promise<Shares> {
  await cli.printed(/^warm-up:/m);
  const read = startCost();
  await cli.printed(/^stop:/m);
  return read();
}

function endOf({ directory }: Cli, shares: Shares): Measured {
  const { verdict, reasons, load } = readVerdict(directory);
  return { shares, verdict, reason: reasons[0] ?? "", lagMs: load.latenessMsP99 };
}

async function withoutPage(): Promise<Measured> {
  await using cli = await startRun(Number(values.seconds));
  const shares = await sharesOf(cli);
  await cli.ended;
  return endOf(cli, shares);
}

/** What the page showed, besides. */
interface Shown extends Measured {
  readonly seconds: ShownSeconds;
  /** Rows of the table beside the timeline, one a second. */
  readonly rows: number;
}

const screen = { viewport: { width: 1440, height: 900 } };

async function urlOf(cli: Cli): Promise<string> {
  const [url] = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(await cli.printed(/live page: \S+/))!;
  return url;
}

async function withPage(executable: string): Promise<Shown> {
  await using browser = await launchChromium(executable);
  const page = await browser.newPage(screen);
  const shownTimes = await watchShownTimes(page);
  await using cli = await startRun(Number(values.seconds), "--ui");
  await page.goto(await urlOf(cli));
  const shares = await sharesOf(cli);
  await page.locator("text=Read the report").waitFor({ timeout: 180_000 });
  const times = await shownTimes();
  const rows = await page.locator('[data-plot="timeline"] tbody tr').count();
  await page.close();
  await cli.ended;
  const { endMs } = readPlan(cli.directory).timeline;
  return { ...endOf(cli, shares), rows, seconds: shownSecondsOf(times, { epochMs: readEpoch(cli.directory), endMs }) };
}

async function withStop(executable: string): Promise<Stopped> {
  await using browser = await launchChromium(executable);
  const page = await browser.newPage(screen);
  await using cli = await startRun(stopRunSeconds, "--ui");
  await page.goto(await urlOf(cli));
  return await stopByHand(page, cli);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;

interface Page {
  readonly text: string;
  readonly holds: boolean;
}

function pageOf(without: Measured, shown: Shown, stopped: Stopped): Page {
  const of = ({ shares }: Measured, name: string) => shares[name] ?? 0;
  const more = (name: string) => Math.max(0, of(shown, name) - of(without, name));
  const cost = more(names.lab) + more(names.observer) + of(shown, names.renderer);
  const { expected, missed, delaysMs } = shown.seconds;
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const command = ["npm run live-page:load", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" ");
  const runLine = (name: string, { verdict, reason, lagMs }: Measured) => `- ${name}: ${verdict.replace("_", " ")}; 1 % of the requests left more than ${Math.round(lagMs)} ms late. ${reason}`;
  const text = `# The live page at ${values.rate} requests a second

${new Date().toISOString().slice(0, 16).replace("T", ", ")} UTC, at commit ${commit}, ${cpus().length} cores, Node ${process.version}:
\`${command}\`. The scenario \`healthy\` on \`one-process\`, live, for ${values.seconds} s.
Load average of the machine before the first run: ${loadBefore}. On a busy machine runs are late, and so is the page.

| processor time as a share of one core | without a page | with a page in Chromium |
|---|---|---|
${Object.values(names).map((name) => `| ${name} | ${percent(of(without, name))} | ${percent(of(shown, name))} |`).join("\n")}

- **Cost.** ${percent(cost)} of one core (limit ${percent(shareMax)}): the page's renderer, and what the lab and the observer use more with it.
- **Seconds.** The clock of the page showed ${expected - missed.length} of ${expected} moments, one a second${missed.length === 0 ? "" : `, and not ${missed.join(", ")}`}.
  Its timeline has ${shown.rows} of ${expected - 1} seconds.
- **Delay.** Half of the moments were on the screen within ${seconds(quantile(delaysMs, 0.5))}, the latest after ${seconds(Math.max(...delaysMs))}.
- **Stop.** ${stopped.faults.length} faults in force by hand: the last was lifted ${seconds(stopped.liftedAfterMs)} after the button was pressed (limit ${seconds(liftedMsMax)}).
  They were: ${stopped.faults.join("; ")}.

The runs themselves:

${runLine("without a page", without)}
${runLine("with a page", shown)}
`;
  return { text, holds: cost < shareMax && missed.length === 0 && shown.rows === expected - 1 && stopped.liftedAfterMs <= liftedMsMax };
}

async function main(): Promise<number> {
  const executable = chromiumPath();
  if (executable === null) throw new Error("There is no Chromium on this machine: set BLASTLAB_CHROMIUM");
  const { text, holds } = pageOf(await withoutPage(), await withPage(executable), await withStop(executable));
  writeFileSync(values.out, text);
  console.log(text);
  return holds ? 0 : 1;
}

process.exitCode = await main();
