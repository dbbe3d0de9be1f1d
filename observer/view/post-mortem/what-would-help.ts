import type { Plan } from "../../../kernel/plan.ts";
import type { Judged } from "../../measure/classify.ts";
import { sitesOf } from "../../measure/fault-sites.ts";
import { meets, timesInForce } from "../../measure/fault-time.ts";
import { count, share } from "../../measure/quantity.ts";
import { exposureSpan, judgedWithin } from "../../measure/windows.ts";
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../run-view.ts";
import { finding, inWords, type Case } from "./finding.ts";

/** What the records show to have been possible and was not done. */
export function whatWouldHelp(given: Case): readonly Finding[] {
  const { verdict, evidence, plan } = given;
  if (verdict.measures === null) return [];
  const found = [...(evidence === null ? [] : otherWays(evidence)), ...otherGateways(plan), ...ownDecisions(given), ...unchecked(given), ...unstaged(given), ...overload(given), ...alarm(given)];
  return found.length === 0 ? [finding(null, "The records show nothing more that the system could have done.")] : found;
}

/** Bad requests for which a provider of their route was there all the time. */
function otherWays(evidence: Evidence): readonly Finding[] {
  const { plan, records, judged } = evidence;
  const bad = judgedWithin(exposureSpan(plan), judged).filter(({ state }) => state === "bad");
  if (bad.length === 0 || plan.faults.length === 0) return [];
  const untouched = untouchedBy(plan, records.faults);
  const ways = bad.map(untouched);
  const withWay = ways.filter((deployments) => deployments.length > 0);
  const names = [...new Set(withWay.flat())];
  const without = bad.length - withWay.length;
  return [
    ...(withWay.length === 0
      ? []
      : [finding("badRequests", "Another way to a provider: for ", count(withWay.length), " of ", count(bad.length), ` bad requests no fault was in force at a deployment of their route (${inWords(names)}), nor on the link to it.`)]),
    ...(without === 0 ? [] : [finding("badRequests", "An earlier answer or a later try: for ", count(without), " of ", count(bad.length), " bad requests a fault was in force at every deployment of their route.")]),
  ];
}

/**
 * Which deployments of a request's route no fault in force acted on while it was under way, by their own provider and
 * the links to it.
 */
function untouchedBy(plan: Plan, records: Evidence["records"]["faults"]): (one: Judged) => readonly string[] {
  const times = timesInForce(plan, records);
  const faults = plan.faults.map((fault) => ({ sites: sitesOf(plan, fault), inForce: times.get(fault.id) }));
  const routes = new Map(plan.routes.map(({ name, deployments }) => [name, deployments]));
  return ({ record }) => {
    const inForce = faults.filter((fault) => meets(fault.inForce, record.intendedMs, record.endMs));
    return (routes.get(record.route) ?? []).filter((deployment) => !inForce.some(({ sites }) => sites.providers.has(deployment) || sites.linkedTo.has(deployment)));
  };
}

/** Where a fault acts on gateways: which others there were. */
function otherGateways({ faults, components }: Plan): readonly Finding[] {
  const gateways = components.filter(({ role }) => role === "gateway").map(({ id }) => id);
  return faults.flatMap(({ title, target }) => {
    const hit = gateways.filter((id) => target.components.includes(id));
    if (hit.length === 0) return [];
    const others = gateways.filter((id) => !hit.includes(id));
    const which = others.length === 0 ? `there was no other gateway than ${inWords(hit)}: a second one that shares nothing with it, or a way past the gateways` : `${inWords(others)} ${others.length === 1 ? "was" : "were"} no target of it: clients or an edge that try another`;
    return [finding("faults", `Another gateway: under "${title}" ${which}.`)];
  });
}

function ownDecisions({ verdict: { attribution } }: Case): readonly Finding[] {
  const words = { gave_up: "were given up", refused: "were refused", queued: "were held until they were late" } as const;
  return Object.entries(words).flatMap(([kind, what]) => {
    const requests = attribution?.ownDecision[kind as keyof typeof words] ?? 0;
    return requests === 0 ? [] : [finding("attribution", "The next deployment: ", count(requests), ` requests ${what} by the system itself while a deployment of their route was answering.`)];
  });
}

/** Bad answers that were delivered as a success. */
function unchecked({ verdict: { measures, cells, gatewayCounts } }: Case): readonly Finding[] {
  if (measures!.silentShare === 0) return [];
  const silent = cells.reduce((sum, cell) => sum + cell.silent, 0);
  const counted = gatewayCounts === null || gatewayCounts.failures === null ? [] : ["; the gateway counted ", count(gatewayCounts.failures), " failures"];
  return [finding("wrongAnswers", "A check of each answer against what was asked (who answered, with which model, whether it is whole): ", count(silent), " bad answers were delivered as successes", ...counted, ".")];
}

function unstaged({ verdict: { measures } }: Case): readonly Finding[] {
  return (measures!.packages?.pushed ?? []).flatMap(({ packages, share: reached, requests }) =>
    packages.length === 0 || requests === 0 ? [] : [finding("packages", "A push in steps, with a check before the next one: the pushed package had ", share(reached), " of the requests that were offered while it was in force.")],
  );
}

function overload({ verdict: { attribution } }: Case): readonly Finding[] {
  return (attribution?.overloaded ?? []).map(({ deployment, refused, heldUp }) =>
    finding("overload", `Less load on ${deployment}, by a limit or by a ramp: it was overloaded, refused `, count(refused), " attempts of bad requests and held up ", count(heldUp), "."),
  );
}

function alarm({ plan, verdict: { measures, gatewayCounts } }: Case): readonly Finding[] {
  const { detectionMs, gatewayDetectionMs } = measures!;
  if (plan.faults.length === 0 || detectionMs === null || (gatewayDetectionMs !== null && gatewayDetectionMs <= detectionMs) || gatewayCounts?.shown === false) return [];
  return [finding("gatewayCounts", `An alarm from outside: the gateway's own metrics raised ${gatewayDetectionMs === null ? "none" : "theirs later"}.`)];
}
