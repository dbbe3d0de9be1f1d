import type { PlannedPhase, RequestSelector } from "../../kernel/plan.ts";
import type { Paint } from "../board/paint.ts";
import type { Check, PhaseChecks } from "./core/checks.ts";
import type { SubjectSight } from "./verify.ts";

const columns = ["phase", "expected", "clients saw", "interval", "requests", "wire log", "cut", "wrong", "first token"] as const;
const widths = [6, 9, 12, 18, 9, 9, 16, 16, 18];

/** One incident on one provider: a line a phase, what disagrees, what had to be assumed. */
export function sightLines({ subject, rows, phases, agrees }: SubjectSight, paint: Paint): readonly string[] {
  const { provider, dialect } = subject.populations[0]!.deployment;
  const verdict = agrees ? paint.green("agrees") : paint.red("DISAGREES");
  return [
    `${paint.bold(subject.incident)}  on ${provider} (${dialect} format), hitting ${hitOf(phases)}  ${verdict}`,
    ...(rows === 1 ? [] : [`  stands for ${rows} rows that differ in name and dates alone`]),
    ...subject.notes.map((note) => `  note: ${note}`),
    paint.dim(`  ${row(columns)}`),
    ...phases.flatMap((phase) => [`  ${row(cellsOf(phase))}`, ...specialLines(phase, paint)]),
    "",
  ];
}

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!))).join("").trimEnd();
}

function cellsOf({ phase, checks }: PhaseChecks): readonly string[] {
  const find = (what: string, tap: Check["tap"]) => checks.find((check) => check.what === what && check.tap === tap);
  const errors = find("errors", "client");
  const beside = (check: Check | undefined, unit: (value: number) => string) => (check === undefined ? "-" : `${shown(check.observed, unit)} (${unit(check.expected)})`);
  return [
    `${phase.index + 1}.`,
    shown(errors?.expected ?? null, percent),
    shown(errors?.observed ?? null, percent),
    errors?.interval ? `${percent(errors.interval[0])}..${percent(errors.interval[1])}` : "-",
    `${errors?.of ?? 0}`,
    shown(find("errors", "wire")?.observed ?? null, percent),
    beside(find("truncated", "client"), percent),
    beside(find("wrong", "client"), percent),
    beside(find("first token", "client"), milliseconds),
  ];
}

/** Failures that only clients can see, requests that were late, and everything that disagrees. */
function specialLines({ checks, late }: PhaseChecks, paint: Paint): readonly string[] {
  const dns = checks.find(({ what }) => what === "status dns");
  const logged = checks.find(({ what }) => what === "dns failures");
  const lookups = dns === undefined || logged === undefined ? [] : [`        name lookups: ${shown(dns.observed, percent)} of the failures that clients saw (${percent(dns.expected)} expected), ${shown(logged.observed, percent)} of them in the wire log (0 expected)`];
  const excluded = late === 0 ? [] : [`        late: ${late} requests came after the end of the phase and are not counted`];
  return [...lookups, ...excluded, ...checks.filter(({ agrees }) => !agrees).map((check) => paint.red(`        disagrees: ${checkText(check)}`))];
}

/** One check as a sentence. */
export function checkText({ what, tap, expected, observed, interval, of }: Check): string {
  const unit = what === "first token" ? milliseconds : percent;
  const range = interval === null ? "" : `, interval ${unit(interval[0])} to ${unit(interval[1])}`;
  return `${what} in the ${tap === "wire" ? "wire log" : "clients' tap"}: expected ${unit(expected)}, observed ${shown(observed, unit)} of ${of}${range}`;
}

function hitOf(phases: readonly PhaseChecks[]): string {
  return [...new Set(phases.map(({ phase }) => selectorText(phase.select)))].join("; then ");
}

/** A selector in words. */
export function selectorText(select: PlannedPhase["select"]): string {
  const { models, endpoints, regions, keys, tiers, stream, newConnectionsOnly, clientShare }: RequestSelector = select ?? {};
  const parts = [
    ...(models === undefined ? [] : [`models ${models.join(", ")}`]),
    ...(endpoints === undefined ? [] : [`endpoints ${endpoints.join(", ")}`]),
    ...(regions === undefined ? [] : [`regions ${regions.join(", ")}`]),
    ...(keys === undefined ? [] : [`keys ${keys.join(", ")}`]),
    ...(tiers === undefined ? [] : [`tiers ${tiers.join(", ")}`]),
    ...(stream === undefined ? [] : [stream ? "streams" : "answers that are no streams"]),
    ...(newConnectionsOnly === true ? ["new connections"] : []),
    ...(clientShare === undefined ? [] : [`the same ${percent(clientShare)} of the clients`]),
  ];
  return parts.length === 0 ? "all requests" : parts.join(" and ");
}

const shown = (value: number | null, unit: (value: number) => string) => (value === null ? "-" : unit(value));
const percent = (share: number) => `${Number((share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1))} %`;
const milliseconds = (value: number) => `${Math.round(value)} ms`;
