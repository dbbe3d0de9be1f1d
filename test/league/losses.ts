import { comparedMeasures, type ComparedMeasure } from "../../lab/compare/measures.ts";
import type { CellMeasures } from "../../lab/suite/cell.ts";
import { mean, sum } from "../../kernel/stats.ts";
import { formatValue } from "../../observer/measure/format.ts";
import { share } from "../../observer/measure/quantity.ts";
import type { ResultStore } from "../support/result-store.ts";
import { leagueScenarios, outsideGateways, ownGateway } from "./cells.ts";
import { hasMore, meanOf, measuredIn, valuesOf } from "./figures.ts";

const lostDemand = comparedMeasures.find(({ name }) => name === "lostDemand")!;

/** Where an outside gateway does better. */
export function lossesOf(store: ResultStore): string {
  const played = outsideGateways.filter((rival) => leagueScenarios.some(({ name }) => measuredIn(store, name, rival).length > 0));
  if (played.length === 0) return "No outside gateway was played, so nothing can be said.";
  const lines = leagueScenarios.flatMap(({ name }) =>
    played.flatMap((rival) => {
      const [own, others] = [measuredIn(store, name, ownGateway), measuredIn(store, name, rival)];
      return comparedMeasures.filter((measure) => isLoss(measure, own, others)).map((measure) => `- \`${name}\`, ${measure.label}: ${lossText(measure, own, others)} of \`${rival}\`.${whyDearer(measure, own, others)}`);
    }),
  );
  return lines.length === 0 ? `Nothing that these runs can tell, against ${played.map((stack) => `\`${stack}\``).join(" and ")}.` : lines.join("\n");
}

/** What a gateway that lost more of the demand did not spend is no loss. */
const isLoss = (measure: ComparedMeasure, own: readonly CellMeasures[], others: readonly CellMeasures[]) =>
  hasMore(measure, own, others) && !(measure.isEffort && hasMore(lostDemand, others, own));

const lossText = (measure: ComparedMeasure, own: readonly CellMeasures[], others: readonly CellMeasures[]) =>
  [own, others].map((seeds) => formatValue(meanOf(measure, valuesOf(measure, seeds)))).join(" against ");

/** Whether it is the deployment that answered, or what was generated for nobody. */
function whyDearer({ name }: ComparedMeasure, own: readonly CellMeasures[], others: readonly CellMeasures[]): string {
  if (name !== "money") return "";
  const dearest = dearestOf([...own, ...others]);
  if (dearest === null) return "";
  const [mine, theirs] = [own, others].map((seeds) => formatValue(share(shareOf(dearest, seeds))));
  const [wasted, theirWaste] = [own, others].map((seeds) => formatValue(share(mean(seeds.map(({ tokenWaste }) => tokenWaste)))));
  return ` \`${dearest}\`, the dearest, gave ${mine} of the answers that were billed, against ${theirs}; of the tokens ${wasted} reached nobody, against ${theirWaste}.`;
}

const billedIn = (seeds: readonly CellMeasures[]) => seeds.flatMap(({ money }) => money?.deployments ?? []).filter(({ answers }) => answers > 0);

/** Of two deployments or more. */
function dearestOf(seeds: readonly CellMeasures[]): string | null {
  const prices = [...Map.groupBy(billedIn(seeds), ({ deployment }) => deployment)].map(([deployment, bills]) => ({ deployment, usd: sum(bills.map(({ usd }) => usd)) / sum(bills.map(({ answers }) => answers)) }));
  return prices.length < 2 ? null : prices.toSorted((a, b) => b.usd - a.usd)[0]!.deployment;
}

function shareOf(deployment: string, seeds: readonly CellMeasures[]): number {
  const bills = billedIn(seeds);
  return sum(bills.map((bill) => (bill.deployment === deployment ? bill.answers : 0))) / sum(bills.map(({ answers }) => answers));
}
