import { LabError } from "../../kernel/errors.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { Verdict, VerdictKind } from "../../kernel/verdict.ts";
import { playResolved } from "../../lab/conductor/virtual/play.ts";
import { virtualInputs } from "../../lab/conductor/virtual/virtual-inputs.ts";
import { openScenario, scenarioNames, stackNames } from "../../lab/plan/library.ts";
import { resolveRun, type ResolvedRun } from "../../lab/plan/resolve-run.ts";
import { parseScenario } from "../../scenarios/parse.ts";

/** A scenario of the library on a stack of the library. */
export interface LibraryCell {
  readonly scenario: string;
  readonly stack: string;
  /** How the scenario's file says that it ends there; undefined where it says nothing. */
  readonly endsAs: CellEnd["end"] | undefined;
}

/** How a cell ended with one seed. `not_applicable`: the stack lacks what a fault of the scenario acts on, and `verdict` is null. */
export interface CellEnd {
  readonly end: VerdictKind | "not_applicable";
  readonly reason: string;
  readonly verdict: Verdict | null;
}

export const libraryCells: readonly LibraryCell[] = scenarioNames().flatMap((scenario) => {
  const { text, shown } = openScenario(scenario);
  const { endsAs } = parseScenario(text, shown);
  // What a protection is worth is measured by itself: a stack without one is played where the scenario names it.
  return stackNames().filter((stack) => !stack.includes("-without-") || Object.hasOwn(endsAs, stack)).map((stack) => ({ scenario, stack, endsAs: endsAs[stack] }));
});

/** `paired`: with a control of its own, as `blastlab run --virtual` plays it, which takes twice as long. */
export async function playCell({ scenario, stack }: LibraryCell, seed: number, { paired = false }: { readonly paired?: boolean } = {}): Promise<CellEnd> {
  const inputs = { scenario, stack, seed, sets: [] };
  const resolved = resolve(paired ? virtualInputs(inputs) : inputs);
  if ("notApplicable" in resolved) return { end: "not_applicable", reason: resolved.notApplicable, verdict: null };
  const { verdict } = await playResolved(resolved, { onProgress: () => {}, signal: neverSignal });
  return { end: verdict.verdict, reason: verdict.reasons[0] ?? "", verdict };
}

function resolve(inputs: Parameters<typeof resolveRun>[0]): ResolvedRun | { readonly notApplicable: string } {
  try {
    return resolveRun(inputs);
  } catch (error) {
    if (error instanceof LabError && error.code === "not_applicable") return { notApplicable: error.message };
    throw error;
  }
}

/** Ends that a cell of which its scenario says nothing may have: never `unknown`, never void. */
const explained: ReadonlySet<CellEnd["end"]> = new Set(["held", "deviated", "not_recovered", "not_applicable"]);

/** Whether it ended as its scenario says; where that says nothing, whether it ended at all. */
export const endsAsMeant = ({ endsAs }: LibraryCell, { end }: CellEnd): boolean => (endsAs === undefined ? explained.has(end) : end === endsAs);
