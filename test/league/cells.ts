import { executableAt } from "../../lab/tools/executable.ts";
import { openStack } from "../../lab/plan/library.ts";
import type { Cell } from "../../lab/suite/cell.ts";
import { parseStack } from "../../scenarios/parse.ts";

/** A scenario of the library, shortened to 60 s: 3 s warm-up, 12 s steady, 22 s of the fault, 23 s after it. */
export interface LeagueScenario {
  readonly name: string;
  /** Where its fault has its length. */
  readonly length: "faults.0.phases.0.lengthMs" | "faults.0.lengthMs";
}

const ofProvider = (name: string): LeagueScenario => ({ name, length: "faults.0.phases.0.lengthMs" });
const ofGateway = (name: string): LeagueScenario => ({ name, length: "faults.0.lengthMs" });

export const leagueScenarios: readonly LeagueScenario[] = [
  ...["provider-down", "brownout", "latency-only", "rate-limit-storm", "stream-cut", "silent-provider", "misleading-codes", "contract-drift"].map(ofProvider),
  ...["gateway-dead", "gateway-silent"].map(ofGateway),
];

/** One process each, which are compared with one another. */
export const ownGateway = "single";
export const outsideGateways = ["litellm", "portkey"] as const;
/** In a column of its own: it is two regions, and no fair rival of one process. */
export const hardened = "hardened";
export const leagueStacks = [ownGateway, ...outsideGateways, hardened] as const;

export const leagueMs = 60_000;
const setsOf = ({ length }: LeagueScenario) => [
  "timeline.warmupMs=3000",
  "timeline.steadyMs=12000",
  `${length}=22000`,
  "timeline.recoveryMs=23000",
  // A recovery has to hold within the 23 s.
  "measure.recovery.holdMs=10000",
];

export const leagueCell = (scenario: LeagueScenario, stack: string, seed: number): Cell => ({ scenario: scenario.name, stack, seed, sets: setsOf(scenario) });

/** Why a stack cannot be played on this machine. Null: it can. */
export function missingProgram(stack: string, searchPath: string): string | null {
  const { text, shown } = openStack(stack);
  const program = parseStack(text, shown).external?.command?.program;
  return program === undefined || executableAt(program, { cwd: process.cwd(), searchPath }) !== null ? null : `\`${program}\` is not on the PATH`;
}
