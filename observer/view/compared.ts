import { formatValue } from "../measure/format.ts";
import { none, quantity, type Value } from "../measure/quantity.ts";
import { figureNamed, type RunView, type ViewTable } from "./run-view.ts";

export type Pair = readonly [a: RunView, b: RunView];

/** What a reader must know before comparing. */
export function comparedNotes([a, b]: Pair): readonly string[] {
  const [one, other] = [factOf(a, "inputs"), factOf(b, "inputs")];
  return [
    ...(a.scenario === b.scenario ? [] : ["The runs are of different scenarios: figures of one are not those of the other under the same faults."]),
    ...(a.seed === b.seed ? [] : ["The runs have different seeds: other requests at other times."]),
    ...(one !== null && one === other ? ["Both were made from the same inputs."] : []),
    "A difference between two runs of one seed each is no proof: many seeds decide (npx blastlab run --seeds, npx blastlab compare). Intervals are over the clients of one run.",
  ];
}

const factOf = ({ facts }: RunView, label: string): string | null => {
  const value = facts.find((fact) => fact.label === label)?.value;
  return value === undefined ? null : formatValue(value);
};

/** Every figure that one of them has. */
export function comparedTable([a, b]: Pair): ViewTable {
  const names = [...new Set([...a.figures, ...b.figures].map(({ name }) => name))];
  return {
    name: "figures",
    title: "Figure by figure",
    columns: ["measure", "A", "B", "B minus A", "of what, in A", "of what, in B"],
    rows: names.map((name) => {
      const [one, other] = [figureNamed(a, name), figureNamed(b, name)];
      return [(one ?? other)!.label, one?.value ?? none, other?.value ?? none, differenceOf(one?.value, other?.value), one?.note ?? "", other?.note ?? ""];
    }),
    notes: [],
  };
}

/** Of two points of the same unit. */
function differenceOf(a: Value | undefined, b: Value | undefined): Value {
  if (a === undefined || b === undefined || typeof a === "string" || typeof b === "string" || a.unit !== b.unit) return none;
  const isPoint = ({ range: [low, high] }: Exclude<Value, string>) => low === high;
  if (!isPoint(a) || !isPoint(b)) return none;
  const difference = b.range[0] - a.range[0];
  if (difference >= 0) return quantity(a.unit, difference);
  const text = formatValue(quantity(a.unit, -difference));
  return text === formatValue(quantity(a.unit, 0)) ? text : `-${text}`;
}
