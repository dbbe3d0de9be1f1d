import type { Plan } from "../../kernel/plan.ts";
import type { BlastRadius, Measures, Verdict, VerdictKind } from "../../kernel/verdict.ts";
import { count, ms, share } from "../measure/quantity.ts";
import type { Sentence } from "./run-view.ts";

const openings: Readonly<Record<VerdictKind, string>> = {
  held: "The system held what was expected of it.",
  deviated: "The system did not hold what was expected of it.",
  not_recovered: "The system did not recover in time.",
  unknown: "This run has no result: its evidence does not decide what was expected.",
  failed: "This run is void: it shows nothing about the system.",
  interrupted: "This run was interrupted: it has no result.",
};

/** A run without a result gives its reason first. */
const decided: ReadonlySet<VerdictKind> = new Set<VerdictKind>(["held", "deviated", "not_recovered"]);

/** The verdict in words that need no glossary: what was lost, by how many, and whether anybody could have noticed. */
export function headlineOf(plan: Plan, { verdict, reasons, measures }: Verdict): Sentence {
  const opening = openings[verdict];
  if (!decided.has(verdict)) return [[opening, ...reasons.slice(0, 1)].join(" ")];
  if (measures === null) return [opening];
  return [`${opening} `, ...lossOf(plan, measures.blastRadius), ...reachOf(measures), ...silenceOf(measures)];
}

function lossOf({ faults }: Plan, radius: BlastRadius | null): Sentence {
  const during = faults.length === 0 ? "Without any fault" : "While faults were in force";
  if (radius === null) return [`${during}, nothing was offered, so that nothing could be lost.`];
  const { excess, demand, share: lost, lostMs } = radius;
  if (excess === 0) return [`${during}, users lost nothing of `, count(demand), " requests."];
  const offered = [`${during}, users made `, count(demand), " requests."];
  const failed = [" Because of them ", count(excess), " more failed than would have, by then and after: "];
  return [...offered, ...failed, share(lost), " of that demand, as much as a total outage of ", ms(lostMs), "."];
}

function reachOf({ reach: { cells } }: Measures): Sentence {
  if (cells.hit.length === 0) return [" No group of users was hit beyond its SLO."];
  return [" It hit ", count(cells.hit.length), " of ", count(cells.of), cells.of === 1 ? " group of users." : " groups of users."];
}

function silenceOf({ silentShare, badShare }: Measures): Sentence {
  if (badShare === 0) return [];
  if (silentShare === 0) return [" Every failure could be seen by the client that met it."];
  return [" Of the bad answers, ", share(silentShare), " were silent: they looked like successes."];
}
