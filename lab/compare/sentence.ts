import { formatValue } from "../../observer/measure/format.ts";
import { quantity } from "../../observer/measure/quantity.ts";
import { isJudged } from "../suite/cell.ts";
import type { ComparedDifference, ComparedPair, ComparedScenario, Comparison } from "./comparison.ts";
import { comparedMeasures, comparedQuantity } from "./measures.ts";

/** What tells a pair of stacks apart in a scenario and what does not, in plain words. */
export function pairSentence({ stacks }: Pick<ComparedScenario, "stacks">, pair: ComparedPair, level: number): string {
  const { first, second, differences } = pair;
  if (differences.every(({ pairs }) => pairs < 2)) {
    const alone = differences.some(({ pairs }) => pairs === 1) ? oneSeedSentence(pair, level) : null;
    return alone ?? `${first} and ${second} cannot be compared: ${whyNot(stacks, pair)}.`;
  }
  const apart = differences.filter(({ separated }) => separated);
  const bought = apart.filter((difference) => isBoughtByLoss(difference, differences));
  const same = differences.filter(({ separated, pairs }) => !separated && pairs >= 2);
  const distinct = apart.filter((difference) => !bought.includes(difference)).map((difference) => toldApart(stacks, pair, difference, level));
  const alike = same.length === 0 ? [] : [`${capital(listed(same.map(({ measure }) => labelOf(measure))))} of ${first} and ${second} cannot be told apart.`];
  return [...distinct, ...(bought.length === 0 ? [] : [boughtByLoss(pair, bought)]), ...alike].join(" ");
}

/** Less effort of the stack that lost more of the demand. */
function isBoughtByLoss({ measure, difference }: ComparedDifference, differences: readonly ComparedDifference[]): boolean {
  const lost = differences.find((each) => each.measure === "lostDemand");
  return measureOf(measure).isEffort && lost?.separated === true && Math.sign(lost.difference!) === -Math.sign(difference!);
}

function boughtByLoss({ first, second }: ComparedPair, differences: readonly ComparedDifference[]): string {
  const [less, more] = differences[0]!.difference! > 0 ? [first, second] : [second, first];
  return `${less} ${listed(differences.map(({ measure }) => measureOf(measure).less))} than ${more}, and loses more of the demand: what is not answered takes nothing.`;
}

function toldApart(stacks: ComparedScenario["stacks"], { first, second }: ComparedPair, { measure, difference, interval, pairs }: ComparedDifference, level: number): string {
  const [less, more] = difference! > 0 ? [first, second] : [second, first];
  const { unit } = measureOf(measure);
  const [low, high] = interval!;
  const size = formatValue(quantity(unit, Math.abs(difference!)));
  const range = formatValue(quantity(unit, difference! > 0 ? [low, high] : [-high, -low]));
  const means = `${meanText(stacks, less, measure)} against ${meanText(stacks, more, measure)}`;
  return `${less} ${measureOf(measure).less} than ${more}: ${means}, a difference of ${size} (${levelText(level)} over ${pairs} pairs: ${range}).`;
}

function meanText(stacks: ComparedScenario["stacks"], label: string, measure: ComparedDifference["measure"]): string {
  const figure = stacks.find((stack) => stack.label === label)?.figures.find((each) => each.measure === measure);
  return figure?.mean == null ? "nothing" : formatValue(comparedQuantity(measureOf(measure), figure.mean, figure.isLeast));
}

/** What the clients of one seed say of lost demand. Null: they are too few. */
function oneSeedSentence({ first, second, lostOverClients }: ComparedPair, level: number): string | null {
  if (lostOverClients?.interval == null) return null;
  const { mean, interval } = lostOverClients;
  const [less, more] = mean > 0 ? [first, second] : [second, first];
  const [low, high] = mean > 0 ? interval : [-interval[1], -interval[0]];
  const range = `${formatValue(quantity("share", Math.abs(mean)))} (${levelText(level)} over the clients of one seed: ${formatValue(quantity("share", [low, high]))})`;
  const isApart = low > 0 && Math.abs(mean) >= measureOf("lostDemand").differenceMin(mean);
  return isApart ? `${less} loses less of the demand than ${more}: a difference of ${range}. More seeds tell more.` : `One seed does not tell ${first} and ${second} apart. Lost demand differs by ${range}.`;
}

/** Why there are not two seeds that both stacks measured. */
function whyNot(stacks: ComparedScenario["stacks"], { first, second }: ComparedPair): string {
  const ends = (label: string) => stacks.find((stack) => stack.label === label)?.ends ?? [];
  for (const label of [first, second]) {
    const lost = ends(label).filter(({ end }) => !isJudged(end));
    if (lost.length > 0) return `${label} ended ${lost[0]!.end.replace("_", " ")} with ${lost.length} of ${ends(label).length} seeds`;
  }
  return "there are fewer than two seeds that both have played";
}

const measureOf = (name: ComparedDifference["measure"]) => comparedMeasures.find((measure) => measure.name === name)!;
const labelOf = (name: ComparedDifference["measure"]) => measureOf(name).label;

/** Null: every run was played. */
export const interruptedText = ({ unplayed }: Pick<Comparison, "unplayed">): string | null =>
  unplayed === 0 ? null : `Interrupted: ${unplayed} ${unplayed === 1 ? "run was" : "runs were"} not played, so what is here is of fewer seeds or scenarios than was asked for.`;

/** `99 %`, `99.5 %`: down to what does not claim more than there is. */
export const levelText = (level: number): string => `${Math.floor(level * 10_000) / 100} %`;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const listed = (words: readonly string[]) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
