import type { Plan } from "../../kernel/plan.ts";
import type { HitCell, Measures, Reach } from "../../kernel/verdict.ts";
import { duration, formatValue, seconds, usdText } from "../measure/format.ts";
import { moreThan, count, ms, none, notMeasured, notShown, share, times, usd, type Value } from "../measure/quantity.ts";
import { packageReachOf } from "../measure/packages.ts";
import type { Figure, FigureName } from "./run-view.ts";

/**
 * The measures of a run as figures, in the order in which they are read. `metricsShown`: the gateway has metrics that
 * the lab knows.
 */
export function figuresOf(plan: Plan, measures: Measures, metricsShown: boolean): readonly Figure[] {
  const { blastRadius, control, latency, reach } = measures;
  const rows: readonly Row[] = [
    ["blastRadius", "blast radius", blastRadius === null ? none : share(blastRadius.evidence), blastRadiusNote(blastRadius)],
    ["control", "control", share(control.badShare), `requests bad in ${control.kind === "self" ? "the run's own steady state" : "a paired run without faults"}`],
    ["badWindowShare", "bad-window share", share(measures.badWindowShare), "demand-weighted unit-windows that are bad, minus control"],
    ["reach", "reach", share(reach.cells.share), `${reach.cells.hit.length} of ${reach.cells.of} cells hit beyond their SLO and chance`],
    ["clientReach", "clients reached", reach.clients === null ? none : share(reach.clients.share), clientReachNote(reach.clients)],
    ["worstCell", "worst-hit cell", reach.cells.hit[0]?.cell ?? none, worstCellNote(plan, reach.cells.hit[0])],
    ["depth", "depth", share(measures.depth), "requests bad in the bad unit-windows"],
    ["duration", "duration", ms(measures.durationMs), "first to last bad unit-window"],
    ["containment", "containment", measures.containment === null ? none : share(measures.containment), "damage in cells that a fault can reach"],
    ["silentShare", "silent share", share(measures.silentShare), "bad requests that were delivered as a success"],
    ["badShare", "bad share", share(measures.badShare), "requests of the exposure that were bad"],
    ["errorBudgetBurned", "error budget burned", times(measures.errorBudgetBurned), "the allowance of the exposure"],
    ["wrongAnswers", "wrong answers", count(measures.wrongAnswers), "delivered over the whole run"],
    ["amplification", "amplification", times(measures.amplification), "provider attempts for each client request"],
    ...sendsRow(measures),
    ...herdRow(measures),
    ["tokenWaste", "token waste", share(measures.tokenWaste), "tokens generated and never delivered"],
    ...moneyRow(measures.money),
    ["detection", "detection", alarm(measures.detectionMs), plan.alarmBy === "gateway" ? "the gateway's own alarm: nobody watches from outside" : "the observer's burn-rate alarm, after the faults began"],
    ["gatewayDetection", "detection by gateway", metricsShown ? alarm(measures.gatewayDetectionMs) : notShown, "the same rule on the gateway's own metrics"],
    ["recovery", "recovery", recovery(plan, measures), "after the faults were lifted"],
    ...dipRow(measures),
    ...recoveryCostRow(measures.recoveryCost),
    ...idleRow(measures),
    ...packageReachRow(measures),
    ["firstTokenP50", "first token p50", timed(latency.firstTokenMsP50), "from the intended send"],
    ["firstTokenP99", "first token p99", timed(latency.firstTokenMsP99), "from the intended send"],
    ["gapP50", "longest gap p50", timed(latency.gapMsP50), "between two pieces of a stream's content"],
    ["gapP99", "longest gap p99", timed(latency.gapMsP99), "between two pieces of a stream's content"],
    ["totalP50", "total p50", ms(latency.totalMsP50), "from the intended send"],
    ["totalP99", "total p99", ms(latency.totalMsP99), "from the intended send"],
  ];
  return rows.map(([name, label, value, note]) => ({ name, label, value, note }));
}

type Row = readonly [FigureName, string, Value, string];

/** Only where the plan has prices. */
function moneyRow(money: Measures["money"]): readonly Row[] {
  if (money === null) return [];
  const { billedUsd, controlUsd, differenceUsd, unpricedAttempts } = money;
  const control = controlUsd === null || differenceUsd === null ? "no control" : `control ${usdText(controlUsd)}, difference ${usdText(differenceUsd)}`;
  const unpriced = unpricedAttempts === 0 ? "" : `; ${unpricedAttempts} attempts have no price`;
  return [["money", "money", usd(billedUsd), `billed by providers for the exposure; ${control}${unpriced}`]];
}

/** Only where clients retry. */
function sendsRow({ sends }: Measures): readonly Row[] {
  if (sends === undefined) return [];
  const before = sends.beforePerSecond === null ? "" : `, ${sends.beforePerSecond.toFixed(1)} a second before the faults`;
  return [["sends", "client sends", times(sends.perRequest), `sends of the clients for each request; at most ${sends.mostWithinSecond} within 1 s${before}`]];
}

/** Only where something was lifted, and providers were asked before. */
function herdRow({ herdFactor, moneyHerd }: Measures): readonly Row[] {
  if (herdFactor === null) return [];
  const money = moneyHerd === null ? "" : `; most spent within 10 s: ${formatValue(times(moneyHerd))}`;
  return [["herdFactor", "herd factor", times(herdFactor), `most requests at a provider within 1 s after the faults, by its mean before${money}`]];
}

/** Only where there was one. */
function dipRow({ dip }: Measures): readonly Row[] {
  return dip === null || dip === 0 ? [] : [["dip", "dip", share(dip), "most requests bad in a window after the faults were lifted"]];
}

/** Only where an edge names its gateways. */
function idleRow({ idleReplicas }: Measures): readonly Row[] {
  return idleReplicas === null ? [] : [["idleReplicas", "idle replicas", share(idleReplicas), "most gateways that gave none of several answers in a row of one edge"]];
}

/** Only where a fault pushes a package and answers name theirs. */
function packageReachRow({ packages }: Measures): readonly Row[] {
  const reached = packageReachOf(packages);
  if (reached === null) return [];
  const [most] = packages!.pushed.toSorted((a, b) => b.share[1] - a.share[1]);
  const { requests, clients, demand, disguised } = most!;
  const who = clients === null ? "" : ` of ${clients} clients`;
  return [["packageReach", "package reach", share(reached), `${requests} requests${who} were answered under a pushed package, ${demand} were offered meanwhile${disguised === 0 ? "" : `; ${disguised} more show its damage under another name`}`]];
}

/** In bad requests, because what users lose is what an outage and a recovery are compared by. */
function recoveryCostRow(cost: Measures["recoveryCost"]): readonly Row[] {
  if (cost === null) return [];
  const { outage, recovery } = cost;
  const beyond = ({ attempts, usd: spent, bad }: typeof outage) =>
    `${Math.round(bad)} bad requests, ${Math.round(attempts)} attempts${spent === null ? "" : `, ${usdText(spent)}`}`;
  return [["recoveryCost", "recovery cost", count(Math.round(recovery.bad)), `bad requests beyond the control while recovering. Outage: ${beyond(outage)}; recovery: ${beyond(recovery)}`]];
}

/** What the headline is of, how sure it is, and over what. */
function blastRadiusNote(radius: Measures["blastRadius"]): string {
  if (radius === null) return "nothing was offered while faults were in force";
  const { evidence, interval, lostMs } = radius;
  const outage = lostMs === 0 ? "" : `, as much as a total outage of ${seconds(lostMs)}`;
  const above = evidence[1] > 1 ? ", because requests outside of that time were lost too" : "";
  const lost = `of the demand during the faults was lost${above}${outage}`;
  const unsure = evidence[0] === evidence[1] ? "" : ", a range because some requests cannot be judged";
  return `${lost}${unsure}${interval === null ? "" : `; 95 % over clients: ${formatValue(share(interval))}`}`;
}

function clientReachNote(clients: Reach["clients"]): string {
  return clients === null ? "the run does not name its clients" : `${clients.hit.length} of ${clients.of} clients hit beyond their SLO and chance`;
}

function worstCellNote({ faults }: Plan, worst: HitCell | undefined): string {
  if (worst === undefined) return "no cell was hit";
  const { bad, requests, detectionMs, recoveryMs, recoveryWatched } = worst;
  const recovered = recoveryMs !== null ? `recovery ${duration(recoveryMs)}` : recoveryWatched ? "not recovered" : "recovery not applicable";
  const detected = detectionMs === null ? "no alarm" : `detection ${duration(detectionMs)}`;
  return `${bad} of its ${requests} requests bad; ${detected}${faults.length === 0 ? "" : `, ${recovered}`}`;
}

/** What the instrument does not see is not measured. */
function timed(value: number | null): Value {
  return value === null ? notMeasured : ms(value);
}

/** A run that ends with a fault in force has no recovery to measure. */
function recovery({ faults }: Plan, { recoveryMs, recoveryObservedMs }: Measures): Value {
  if (faults.some(({ lifted }) => !lifted)) return "not applicable";
  return recoveryMs === null ? moreThan(recoveryObservedMs) : ms(recoveryMs);
}

function alarm(value: number | null): Value {
  return value === null ? "no alarm" : ms(value);
}
