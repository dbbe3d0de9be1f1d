import { clockTime, duration, formatValue, percent, sparkline } from "../../observer/measure/format.ts";
import { none, shareOf } from "../../observer/measure/quantity.ts";
import type { Paint } from "./paint.ts";
import { partText } from "./progress.ts";
import { barsMax, troublesNow, worstCell, type BoardState } from "./state.ts";
import type { LiveLine } from "../../kernel/records.ts";
import { runStepsOf } from "../../observer/measure/run-steps.ts";

const barWidth = 40;
const labelWidth = 12;

/** What the live board shows now: lines of at most `columns` characters, colours aside. */
export function boardFrame(state: BoardState, paint: Paint, columns: number): string {
  const { plan, live } = state;
  const lines = [heading(state, paint)];
  if (plan !== null) lines.push(plan.title);
  lines.push(timelineLine(state), ...faultLine(state, paint));
  for (const trouble of troublesNow(state)) lines.push(label("in force") + paint.red(trouble));
  if (live !== null) lines.push(...liveLines(live, state, paint));
  return lines.map((line) => cut(line, columns)).join("\n");
}

/** The run in one line, for a log: what a person would look at first. */
export function plainLine(state: BoardState): string {
  const { stage, live, part } = state;
  const parts = [...(part === null ? [] : [partText(part)]), stage?.name.replace("_", "-") ?? "start"];
  if (live === null) return [...parts, stage?.detail ?? ""].join(": ");
  parts.push(clockTime(live.atMs), `offered ${live.sent}`, `done ${live.done}`, `bad ${live.bad} (${shareText(live.bad, live.done)})`);
  parts.push(`bad now ${windowText(live)}`);
  parts.push(`gateway counted ${live.gatewayCountedFailures ?? "?"} failures`);
  const troubles = troublesNow(state);
  return parts.join("  ") + (troubles.length === 0 ? "" : `  [${troubles.join("; ")}]`);
}

function heading({ plan, load, network, part }: BoardState, paint: Paint): string {
  if (plan === null) return paint.bold("blastlab");
  const parts = `${load === "k6" ? "k6" : "embedded load"}, ${network === "toxiproxy" ? "toxiproxy" : "embedded network"}`;
  return `${paint.bold(`blastlab ${plan.scenario}`)}  ${paint.dim(`${part === null ? "" : `${partText(part)}, `}seed ${plan.seed}, ${parts}`)}`;
}

function timelineLine({ stage, plan, live }: BoardState): string {
  const name = label((stage?.name ?? "start").replace("_", "-"));
  if (plan === null || live === null) return name + (stage?.detail ?? "");
  const { steadyFromMs, endMs } = plan.timeline;
  const bar = barOf(endMs, (atMs) => (atMs < live.atMs ? "█" : atMs < steadyFromMs ? " " : "·"));
  const left = live.atMs < endMs ? `ends in ${duration(1_000 * Math.round((endMs - live.atMs) / 1_000))}` : "awaits the last answers";
  return `${name}${bar} ${clockTime(live.atMs)} of ${clockTime(endMs)}, ${left}`;
}

/** When the faults of the plan are in force, under the timeline. */
function faultLine({ plan, live }: BoardState, paint: Paint): readonly string[] {
  if (plan === null || live === null || plan.faults.length === 0) return [];
  const { endMs } = plan.timeline;
  const halfMs = endMs / barWidth / 2;
  const isFaulty = (atMs: number) => plan.faults.some(({ fromMs, toMs }) => fromMs < atMs + halfMs && atMs - halfMs < Math.max(toMs, fromMs + 1));
  return [label("faults") + paint.red(barOf(endMs, (atMs) => (isFaulty(atMs) ? "▒" : " ")).trimEnd())];
}

/** One sign for each part of the timeline. */
function barOf(endMs: number, signAt: (atMs: number) => string): string {
  return Array.from({ length: barWidth }, (_, index) => signAt(((index + 0.5) / barWidth) * endMs)).join("");
}

function liveLines(live: LiveLine, state: BoardState, paint: Paint): string[] {
  const causes = Object.entries(live.badByCause).map(([cause, count]) => `${cause} ${count}`);
  const bad = `bad ${live.bad} (${shareText(live.bad, live.done)})`;
  const worst = worstCell(state);
  const alarm = live.firstAlarmMs === null ? "no alarm yet" : `first alarm at ${clockTime(live.firstAlarmMs)}`;
  return [
    `${label("requests")}offered ${live.sent}  done ${live.done}  ${live.bad > 0 ? paint.yellow(bad) : bad}${causes.length === 0 ? "" : `  ${causes.join(", ")}`}`,
    ...requestBars(state, paint),
    `${label("bad share")}${paint.yellow(sparkline(state.badShares))} ${windowText(live)} now`,
    ...(worst === null ? [] : [`${label("worst cell")}${worst.name}: ${paint.yellow(shareText(worst.bad, worst.offered))} of the last ${duration(state.plan?.measure.windowMs ?? 0)}`]),
    ...Object.entries(live.perDeployment).map(
      ([name, { attempts, failures }]) => `${label(name)}attempts ${attempts}  failures ${failures} (${shareText(failures, attempts)})`,
    ),
    `${label("failures")}gateway counted ${live.gatewayCountedFailures ?? "? (unreadable)"}; observed ${live.bad} bad, ${alarm}`,
  ];
}

/** Good and bad requests of the last steps, by intended send, both to one scale. */
function requestBars({ plan, lastSteps }: BoardState, paint: Paint): readonly string[] {
  const steps = lastSteps.slice(-barsMax);
  const top = Math.max(0, ...steps.map(({ offered }) => offered));
  if (plan === null || top === 0) return [];
  const bars = (of: "good" | "bad") => sparkline(steps.map((step) => step[of] / top));
  const scale = `full bar: ${top} in ${duration(runStepsOf(plan).stepMs)}`;
  return [`${label("good")}${paint.green(bars("good"))} ${scale}`, `${label("bad")}${paint.red(bars("bad"))}`];
}

function label(text: string): string {
  return `${text.slice(0, labelWidth - 2).padEnd(labelWidth)}`;
}

function shareText(part: number, whole: number): string {
  return formatValue(shareOf(part, whole));
}

function windowText({ windowBadShare }: LiveLine): string {
  return windowBadShare === null ? none : percent(windowBadShare);
}

/** Cuts at `columns` visible characters; escape sequences take no room, and a cut line ends its colours. */
function cut(line: string, columns: number): string {
  let room = columns;
  let text = "";
  // oxlint-disable-next-line no-control-regex
  for (const [part, escape] of line.matchAll(/(\u001B\[\d+m)|[\s\S]/gu)) {
    if (escape !== undefined) text += part;
    else if (room-- > 0) text += part;
  }
  return text;
}
