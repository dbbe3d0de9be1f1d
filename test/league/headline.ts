import { mean } from "../../kernel/stats.ts";
import { comparedMeasures } from "../../lab/compare/measures.ts";
import type { CellMeasures } from "../../lab/suite/cell.ts";
import type { ResultStore } from "../support/result-store.ts";
import { hardened, leagueScenarios, outsideGateways, ownGateway } from "./cells.ts";
import { hasMore, measuredIn, meanOverClients } from "./figures.ts";

const lostDemand = comparedMeasures.find(({ name }) => name === "lostDemand")!;

/** A gateway in a scenario in which it was measured. */
interface Entry {
  readonly scenario: string;
  readonly stack: string;
  readonly seeds: readonly CellMeasures[];
}

/** For a reader of half a minute: which gateway loses least, and where that cannot be told. */
export function headlineOf(store: ResultStore): string {
  const entryOf = (scenario: string, stack: string): readonly Entry[] => {
    const seeds = measuredIn(store, scenario, stack);
    return meanOverClients(lostDemand, seeds) === null ? [] : [{ scenario, stack, seeds }];
  };
  const contests = leagueScenarios.map(({ name }) => [ownGateway, ...outsideGateways].flatMap((stack) => entryOf(name, stack))).filter(({ length }) => length > 1);
  if (contests.length === 0) return "Nothing can be compared yet: in no scenario two gateways of one process have been played.";
  const best = contests.map(bestOf);
  const groups = [...Map.groupBy(best, (entries) => listed(entries.map(({ stack }) => `\`${stack}\``)))].toSorted(([, a], [, b]) => b.length - a.length);
  const leads = groups.map(([stacks, of]) => (groups.length === 1 ? `${stacks} in each` : `${stacks} in ${of.length} (${scenariosOf(of.map(([first]) => first!))})`));
  return [
    `**Of ${contests.length} ${contests.length === 1 ? "scenario" : "scenarios"}, least demand is lost by ${leads.join(", by ")}.**${best.some(({ length }) => length > 1) ? " Those that are named together cannot be told apart there." : ""}`,
    ...silentText(contests.flat()),
    ...hardenedText(best.map(([first]) => first!), entryOf),
  ].join(" ");
}

/** Those of which none loses less than any other. */
function bestOf(entries: readonly Entry[]): readonly Entry[] {
  const lost = ({ seeds }: Entry) => meanOverClients(lostDemand, seeds)!.mean;
  const least = entries.toSorted((a, b) => lost(a) - lost(b))[0]!;
  return entries.filter((entry) => entry === least || !hasMore(lostDemand, entry.seeds, least.seeds));
}

function silentText(entries: readonly Entry[]): readonly string[] {
  const silent = entries.filter(({ seeds }) => mean(seeds.map(({ silentShare }) => silentShare)) > 0.01);
  const stacks = [...Map.groupBy(silent, ({ stack }) => stack)].map(([stack, of]) => `by \`${stack}\` in ${of.length} (${scenariosOf(of)})`);
  return stacks.length === 0 ? [] : [`Bad answers were delivered as successes ${listed(stacks)}.`];
}

/** `hardened` against the best of one process. */
function hardenedText(best: readonly Entry[], entryOf: (scenario: string, stack: string) => readonly Entry[]): readonly string[] {
  const pairs = best.flatMap((one) => entryOf(one.scenario, hardened).map((other) => ({ one, other })));
  if (pairs.length === 0) return [];
  const [less, more] = [pairs.filter(({ one, other }) => hasMore(lostDemand, one.seeds, other.seeds)), pairs.filter(({ one, other }) => hasMore(lostDemand, other.seeds, one.seeds))];
  const text = (of: typeof pairs) => (of.length === 0 ? "none" : `${of.length} (${scenariosOf(of.map(({ other }) => other))})`);
  return [`Against the best of these, \`${hardened}\` loses less in ${text(less)} and more in ${text(more)}.`];
}

const scenariosOf = (entries: readonly Entry[]) => entries.map(({ scenario }) => `\`${scenario}\``).join(", ");
const listed = (words: readonly string[]) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
