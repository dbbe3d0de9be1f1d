/**
 * `npm run league`: the reference gateway and outside gateways, live, over ten scenarios of 60 s; the table goes to
 * docs/results/gateways.md.
 */
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { listenForInterrupt } from "../../lab/live/interrupt.ts";
import { cellName } from "../../lab/suite/cell.ts";
import { playLive } from "../../lab/suite/play-live.ts";
import { openStore, rowOrigin, rowsFile } from "../support/result-store.ts";
import { leagueCell, leagueMs, leagueScenarios, leagueStacks, missingProgram, outsideGateways } from "./cells.ts";
import { leaguePage } from "./page.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run league -- [options]

  --seeds N          seeds 1 to N (3), one after the other
  --scenario NAME    this one alone; may be repeated
  --stack NAME       this one alone; may be repeated
  --minutes N        begin no run after so many minutes (240)
  --page             play nothing: the page of what was played

Live, one run after another, about 80 s each: 40 runs a seed with both outside gateways. A quiet machine is needed: a run on a busy one is void, and is played
again the next time. What was played is kept in docs/results/rows: a run that was stopped goes on there. Outside gateways are found on the PATH and in my/,
where docs/own-gateway.md installs them.
`;

const root = path.resolve(import.meta.dirname, "../..");
const { values } = scriptOptions(usage, {
  seeds: { type: "string", default: "3" },
  scenario: { type: "string", multiple: true, default: [] },
  stack: { type: "string", multiple: true, default: [] },
  minutes: { type: "string", default: "240" },
  page: { type: "boolean", default: false },
});

process.chdir(root);
const ownFolders = ["my/litellm/venv/bin", "my/portkey/node_modules/.bin"].map((folder) => path.join(root, folder)).filter((folder) => existsSync(folder));
process.env["PATH"] = [...ownFolders, process.env["PATH"] ?? ""].join(path.delimiter);
const missing = new Map(leagueStacks.map((stack) => [stack, missingProgram(stack, process.env["PATH"]!)] as const));

const isOutside = (stack: string) => outsideGateways.some((outside) => outside === stack);

/** What an outside gateway says of its version. */
function versionOf(stack: string): string {
  if (stack === "portkey") return "@portkey-ai/gateway 1.15.2, with the versions of its lockfile";
  try {
    return execFileSync("litellm", ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 120_000, env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: "True" } }).trim().split("\n").at(-1)!;
  } catch {
    return "version unknown";
  }
}

async function play(): Promise<void> {
  const origin = rowOrigin();
  const installed = leagueStacks.filter((stack) => missing.get(stack) === null);
  for (const [stack, reason] of missing) if (reason !== null) console.log(`${stack} is not installed: ${reason}`);
  const versions = new Map(installed.filter(isOutside).map((stack) => [stack as string, versionOf(stack)]));
  const until = performance.now() + Number(values.minutes) * 60_000;
  const chosen = (list: readonly string[], name: string) => list.length === 0 || list.includes(name);
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  const cells = seeds.flatMap((seed) =>
    leagueScenarios
      .filter(({ name }) => chosen(values.scenario, name))
      .flatMap((scenario) => installed.filter((stack) => chosen(values.stack, stack)).map((stack) => leagueCell(scenario, stack, seed))),
  );
  using interrupt = listenForInterrupt();
  const left = cells.filter((cell) => store.decided(cell) === undefined);
  console.log(`${left.length} runs of ${leagueMs / 1_000} s to play, about ${Math.ceil((left.length * 80) / 60)} minutes`);
  for (const cell of left) {
    if (performance.now() > until) return;
    const keepIn = path.join("runs", `league-${new Date().toISOString().replaceAll(/[-:]|\..*/g, "")}`);
    const [played] = await playLive([cell], { keepIn, load: "embedded", network: "embedded", allowCommands: true, signal: interrupt.signal, onProgress: () => {}, onPlayed: () => {} });
    if (played === undefined) return;
    const version = versions.get(cell.stack);
    store.add(played, { ...origin, ...(version !== undefined && { version }) });
    console.log(`${cellName(cell)}: ${played.result.end.replace("_", " ")}, ${Math.round(played.effort.wallMs / 1_000)} s. ${played.result.reasons[0] ?? ""}`);
  }
}

const store = openStore(rowsFile("league"));
if (!values.page) await play();
writeFileSync("docs/results/gateways.md", leaguePage(store));
console.log("docs/results/gateways.md");
