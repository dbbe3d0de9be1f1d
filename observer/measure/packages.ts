import type { Fault } from "../../kernel/fault.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import type { AnsweringPackage, Packages, PushedPackage } from "../../kernel/packages.ts";
import type { Range } from "../../kernel/verdict.ts";
import type { Judged } from "./classify.ts";
import { spanMsMin } from "./excess.ts";
import { meets, timesInForce, type Stretch } from "./fault-time.ts";

interface Sources {
  readonly judged: readonly Judged[];
  readonly faults: readonly FaultRecord[];
  /** Names each request's client. May be empty. */
  readonly arrivals: readonly Arrival[];
}

/**
 * Which package answered whom, and how far each push reached (docs/metrics.md, "Packages"). Null: no answer names a
 * package.
 */
export function packagesOf(plan: Plan, { judged, faults, arrivals }: Sources): Packages | null {
  const answering = answeringIn(judged);
  if (answering.length === 0) return null;
  const named = answering.flatMap(({ requests }) => requests);
  const clientsOf = clientCounter(arrivals);
  const inForce = timesInForce(plan, faults);
  return {
    answering: answering.map(({ name, requests, firstMs, lastMs }): AnsweringPackage => {
      return { package: name, requests: requests.length, share: requests.length / named.length, clients: clientsOf(requests), firstMs, lastMs, regions: regionsOf(requests, named) };
    }),
    pushed: pushesOf(plan).map((fault): PushedPackage => {
      const pushed = pushedIn(answering, inForce.get(fault.id));
      const names = pushed.map(({ name }) => name);
      const own = pushed.flatMap(({ requests }) => requests);
      const disguised = judged.filter((each) => !names.includes(each.record.package ?? "") && isOnlyOf(fault, each, { plan, inForce })).length;
      const demand = demandOf(plan, fault, judged);
      const share: Range = demand === 0 ? [0, 0] : [own.length / demand, (own.length + disguised) / demand];
      return { fault: fault.id, packages: names, requests: own.length, clients: clientsOf(own), disguised, demand, share };
    }),
  };
}

/**
 * By fault that pushes a package, what answers call that package. Without an entry where no answer of the run names
 * any.
 */
export function pushedNamesOf(plan: Plan, faults: readonly FaultRecord[], judged: readonly Judged[]): ReadonlyMap<string, readonly string[]> {
  const answering = answeringIn(judged);
  const inForce = timesInForce(plan, faults);
  return new Map(answering.length === 0 ? [] : pushesOf(plan).map(({ id }) => [id, pushedIn(answering, inForce.get(id)).map(({ name }) => name)]));
}

const pushesOf = ({ faults }: Plan) => faults.filter(({ signature }) => signature.byPackage === true);

interface Answering {
  readonly name: string;
  readonly requests: readonly Judged[];
  readonly firstMs: number;
  readonly lastMs: number;
  /** When the first of its answers had ended. */
  readonly firstEndMs: number;
}

/** The packages that answers name, in the order of their first requests. */
function answeringIn(judged: readonly Judged[]): readonly Answering[] {
  const named = judged.filter(({ record }) => record.package !== undefined);
  const byPackage = [...Map.groupBy(named, ({ record }) => record.package!)].map(([name, requests]) => ({ name, requests, ...spanOf(requests) }));
  return byPackage.sort((a, b) => a.firstMs - b.firstMs || (a.name < b.name ? -1 : 1));
}

/**
 * The first that is new while the push is in force, and others with its version: none of their answers had ended
 * before.
 */
function pushedIn(answering: readonly Answering[], stretch: Stretch | undefined): readonly Answering[] {
  const fresh = answering.filter(({ firstMs, firstEndMs }) => meets(stretch, firstMs, firstEndMs) && firstEndMs >= stretch!.fromMs);
  return fresh.filter(({ name }) => versionOf(name) === versionOf(fresh[0]!.name));
}

const versionOf = (name: string) => name.slice(0, name.indexOf("@"));

/** The measure: the furthest that any push reached. Null: nothing was pushed, or no answer names a package. */
export function packageReachOf(packages: Packages | null): Range | null {
  if (packages === null || packages.pushed.length === 0) return null;
  const most = (end: 0 | 1) => Math.max(...packages.pushed.map(({ share }) => share[end]));
  return [most(0), most(1)];
}

/** A finding beside the verdict: answers whose words contradict the package that they name. */
export function packageSentences({ faults }: Plan, packages: Packages | null): readonly string[] {
  const titles = new Map(faults.map(({ id, title }) => [id, title]));
  return (packages?.pushed ?? []).flatMap(({ fault, disguised }) =>
    disguised === 0 ? [] : [`${disguised} answers name another package, or none, and are wrong as only the pushed one makes them: ${titles.get(fault)}.`],
  );
}

function spanOf(requests: readonly Judged[]): Pick<Answering, "firstMs" | "lastMs" | "firstEndMs"> {
  const least = (times: readonly number[]) => times.reduce((first, time) => Math.min(first, time));
  const intended = requests.map(({ record }) => record.intendedMs);
  return { firstMs: least(intended), lastMs: -least(intended.map((time) => -time)), firstEndMs: least(requests.map(({ record }) => record.endMs)) };
}

function clientCounter(arrivals: readonly Arrival[]): (requests: readonly Judged[]) => number | null {
  const clients = new Map(arrivals.map(({ requestId, client }) => [requestId, client]));
  return (requests) => (arrivals.length === 0 ? null : new Set(requests.map(({ record }) => clients.get(record.requestId))).size);
}

function regionsOf(requests: readonly Judged[], named: readonly Judged[]): AnsweringPackage["regions"] {
  const inRegion = (all: readonly Judged[], region: string) => all.filter(({ record }) => record.region === region).length;
  return [...new Set(named.map(({ record }) => record.region))].sort().map((region) => {
    const count = inRegion(requests, region);
    return { region, requests: count, share: count / inRegion(named, region) };
  });
}

/** Requests offered while the push was in force by the plan; a shorter one counts as 10 s. */
function demandOf({ timeline }: Plan, { fromMs, toMs }: Fault, judged: readonly Judged[]): number {
  const untilMs = Math.min(timeline.endMs, Math.max(toMs, fromMs + spanMsMin));
  return judged.filter(({ record, state }) => state !== "left" && record.intendedMs >= fromMs && record.intendedMs <= untilMs).length;
}

/** Its answer is wrong in a way that the fault's signature has, while no other fault with this way was in force. */
function isOnlyOf({ id, signature }: Fault, { record, wrong }: Judged, { plan, inForce }: { readonly plan: Plan; readonly inForce: ReadonlyMap<string, Stretch> }): boolean {
  if (wrong === null || !signature.wrong.includes(wrong.kind)) return false;
  const able = plan.faults.filter((fault) => fault.signature.wrong.includes(wrong.kind) && meets(inForce.get(fault.id), record.sentMs ?? record.intendedMs, record.endMs));
  return able.length === 1 && able[0]!.id === id;
}
