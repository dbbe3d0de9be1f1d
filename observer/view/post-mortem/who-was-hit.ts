import { count, share } from "../../measure/quantity.ts";
import type { Measures } from "../../../kernel/verdict.ts";
import type { Finding } from "../run-view.ts";
import { finding, type Case } from "./finding.ts";

/** How much was lost, by whom, and in what way. */
export function whoWasHit({ verdict: { measures } }: Case): readonly Finding[] {
  if (measures === null) return [finding(null, "Nothing could be measured.")];
  return [...lossFindings(measures), ...reachFindings(measures), ...causeFindings(measures)];
}

function lossFindings({ blastRadius }: Measures): readonly Finding[] {
  if (blastRadius === null) return [];
  const { share: lost, interval, excess, demand } = blastRadius;
  const sure = interval === null ? [" (no interval: a cell has fewer than 10 clients)"] : [" (95 % over clients: ", share(interval), ")"];
  return [finding(null, "Lost demand: ", share(lost), ...sure, ", which is ", count(excess), " bad requests beyond the control, by ", count(demand), " requests offered while faults were in force.")];
}

function reachFindings({ reach: { cells, clients } }: Measures): readonly Finding[] {
  const [worst] = cells.hit;
  if (worst === undefined) return [finding("cells", "No cell was hit beyond its SLO.")];
  const who = clients === null ? [] : [", and ", count(clients.hit.length), " of ", count(clients.of), " clients"];
  return [
    finding("hitCells", count(cells.hit.length), " of ", count(cells.of), " cells were hit beyond their SLO", ...who, "."),
    finding("hitCells", `The worst hit is ${worst.cell}: `, count(worst.bad), " of its ", count(worst.requests), " requests were bad, where the control predicts ", count(worst.expectedBad), "."),
  ];
}

function causeFindings({ causes, silentShare, badShare }: Measures): readonly Finding[] {
  const named = Object.entries(causes).filter(([, requests]) => requests > 0);
  if (named.length === 0) return [];
  const how = named.flatMap(([cause, requests], index) => [index === 0 ? "" : ", ", count(requests), ` ${cause.replaceAll("_", " ")}`]);
  return [finding("causes", "Of the exposure's requests ", share(badShare), " were bad, by cause: ", ...how, ". Of them ", share(silentShare), silentShare === 0 ? " were silent." : " were silent: delivered as a success.")];
}

