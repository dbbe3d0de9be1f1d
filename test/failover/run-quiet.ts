/**
 * `npm run failover:quiet`: failover at low rates on the virtual clock, with twenty seeds; the tables go to
 * docs/results. `-- --only turns,outage` measures some of them anew.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Script } from "../../gateway/core/testing/scripts.ts";
import { alternating, always, deaths, during, never, refusing, spend, type Dawn, type Night } from "./quiet.ts";
import { scriptOptions } from "../support/script-options.ts";

const root = path.resolve(import.meta.dirname, "../..");
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const minute = 60_000;
const hour = 60 * minute;
const dead = deaths["503"]!;

/** A line of the table: the worst of all seeds, and the bound that it must keep. */
interface Line {
  readonly what: string;
  readonly worst: number;
  readonly mean: number;
  readonly bound: string;
  readonly holds: boolean;
}

interface Bound {
  readonly text: string;
  readonly holds: (value: number) => boolean;
}

const atLeast = (value: number): Bound => ({ text: `>= ${value}`, holds: (measured) => measured >= value });
const atMost = (value: number): Bound => ({ text: `<= ${value}`, holds: (measured) => measured <= value });

const servedShare = ({ served, requests }: Dawn) => served / requests;

async function measured(what: string, bound: Bound, valueOf: (seed: number) => Promise<number>): Promise<Line> {
  const values: number[] = [];
  for (const seed of seeds) values.push(await valueOf(seed));
  const worst = bound.text.startsWith(">=") ? Math.min(...values) : Math.max(...values);
  const line = { what, worst, mean: values.reduce((sum, value) => sum + value, 0) / values.length, bound: bound.text, holds: values.every((value) => bound.holds(value)) };
  console.log(`${line.holds ? "holds" : "FAILS"}  ${what}: worst ${worst.toFixed(4)} (${bound.text})`);
  return line;
}

async function deadPrimaries(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const death of ["503", "500", "reset", "silent"]) {
    for (const routes of [1, 10]) {
      for (const perSecond of [0.2, 0.5, 1, 3]) {
        const what = `share served beside a dead primary (${death}), ${perSecond}/s over ${routes === 1 ? "one route" : `${routes} routes`}, an hour`;
        lines.push(await measured(what, atLeast(0.995), async (seed) => servedShare(await spend({ seed, perSecond, routes, ms: hour, primary: always(deaths[death]!), fallback: never }))));
      }
    }
  }
  return lines;
}

async function alternations(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const death of ["503", "500", "429", "refused", "reset"]) {
    for (const periodMs of [2_000, 6_000]) {
      const script = deaths[death]!;
      const night = (seed: number): Night => ({ seed, perSecond: 5, routes: 1, ms: 10 * minute, primary: alternating(periodMs, true, script), fallback: alternating(periodMs, false, script) });
      lines.push(await measured(`share served, outages in turn of ${periodMs / 1_000} s (${death}), 5/s, ten minutes`, atLeast(0.99), async (seed) => servedShare(await spend(night(seed)))));
    }
  }
  return lines;
}

/** How long after the fallback's death a primary is asked again that asked not to be called for an hour. */
async function benched(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const limited: Script = { ...deaths["429"]!, headers: { "content-type": "application/json", "retry-after": "3600" } };
  const diesMs = 10 * minute;
  for (const perSecond of [0.2, 1, 5]) {
    const secondsToFirst = async (seed: number) => {
      const { attempts } = await spend({ seed, perSecond, routes: 1, ms: 20 * minute, primary: during(0, minute, limited), fallback: during(diesMs, Infinity, dead) });
      const again = attempts.find(({ deployment, atMs }) => deployment === "primary0" && atMs >= diesMs);
      return ((again?.atMs ?? Infinity) - diesMs) / 1_000;
    };
    lines.push(await measured(`seconds from the fallback's death until a primary is asked whose Retry-After is an hour, ${perSecond}/s`, atMost(60), secondsToFirst));
  }
  return lines;
}

/** Attempts for each request of an outage of everything, from its first moment, after healthy minutes. */
async function amplifications(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const death of ["503", "500", "429", "refused", "reset"]) {
    for (const [perSecond, minutes, most] of [[0.2, 60, 2], [0.5, 60, 2], [1, 30, 2], [3, 10, 2], [30, 1, 1.1], [50, 1, 1.1]] as const) {
      const diesMs = perSecond < 10 ? 5 * minute : minute;
      const dies = during(diesMs, Infinity, deaths[death]!);
      const amplification = async (seed: number) => {
        const { requests, served, attempts } = await spend({ seed, perSecond, routes: 1, ms: diesMs + minutes * minute, primary: dies, fallback: dies });
        return (attempts.length - served) / (requests - served);
      };
      lines.push(await measured(`attempts a request with everything dead (${death}), route of two, ${perSecond}/s, ${minutes} min`, atMost(most), amplification));
    }
  }
  return lines;
}

async function refusals(): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const death of ["503", "500", "silent"]) {
    for (const [perSecond, minutes] of [[0.5, 20], [2, 20], [10, 4]] as const) {
      const ratio = async (seed: number) => {
        const night: Night = { seed, perSecond, routes: 1, ms: minutes * minute, primary: always(deaths[death]!), fallback: refusing(0.4, dead) };
        return servedShare(await spend(night)) / servedShare(await spend({ ...night, isFallbackAlone: true }));
      };
      lines.push(await measured(`served by a fallback that refuses 40 %, beside a dead primary (${death}) over alone, ${perSecond}/s, ${minutes} min`, atLeast(0.95), ratio));
    }
  }
  return lines;
}

interface Section {
  readonly title: string;
  readonly measure: () => Promise<readonly Line[]>;
}

const sections: Readonly<Record<string, Section>> = {
  dead: { title: "A dead primary beside a healthy fallback", measure: deadPrimaries },
  turns: { title: "Two providers that are down in turn", measure: alternations },
  benched: { title: "A Retry-After of an hour", measure: benched },
  outage: { title: "Everything dead", measure: amplifications },
  refusals: { title: "A fallback that refuses", measure: refusals },
};

const usage = `Usage: npm run failover:quiet -- [options]

  --only NAMES   these tables, parted by commas (all)

Failover at low rates, with twenty seeds; the tables go to docs/results.
`;

const { values } = scriptOptions(usage, { only: { type: "string", default: Object.keys(sections).join() } });
const chosen = values.only.split(",").map((name) => {
  const section = sections[name];
  if (section === undefined) throw new Error(`Cannot measure "${name}": expected some of ${Object.keys(sections).join()}`);
  return section;
});
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const date = new Date().toISOString().slice(0, 10);
const file = path.join(root, "docs/results", `failover-quiet-${date}.md`);

function textOf({ title }: Section, lines: readonly Line[]): string {
  const rows = lines.map(({ what, worst, mean, bound, holds }) => `| ${what} | ${worst.toFixed(4)} | ${mean.toFixed(4)} | ${bound} | ${holds ? "yes" : "**no**"} |`);
  return `${title}\n\nAt commit ${commit}.\n\n| measure | worst | mean | bound | holds |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

/** The sections of the page so far, by title. Several runs on one day may each measure some. */
function written(): ReadonlyMap<string, string> {
  const parts = existsSync(file) ? readFileSync(file, "utf8").split(/^## /m).slice(1) : [];
  return new Map(parts.map((part) => [part.split("\n")[0]!, `${part.trimEnd()}\n`]));
}

const head = `# Failover at low rates, on the virtual clock

${date}: \`npm run failover:quiet\`. Poisson load, a fifth of it streams, through one gateway with its default policy. Rates are totals over all routes. Ten
routes are ten models of the same two providers. Worst and mean of ${seeds.length} seeds.
`;
for (const section of chosen) {
  const lines = await section.measure();
  if (lines.some(({ holds }) => !holds)) process.exitCode = 1;
  const parts = new Map([...written(), [section.title, textOf(section, lines)]]);
  writeFileSync(file, [head, ...Object.values(sections).flatMap(({ title }) => (parts.has(title) ? [`## ${parts.get(title)!}`] : []))].join("\n"));
}
console.log(path.relative(root, file));
