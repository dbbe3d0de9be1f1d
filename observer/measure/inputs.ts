import type { Plan } from "../../kernel/plan.ts";
import type { Verdict } from "../../kernel/verdict.ts";

/** Whether the plan is what the run's inputs give. */
export interface InputsEvidence {
  /** Of scenario, stack, seed and the files that they name; null: they are missing or cannot be read. */
  readonly sha256: string | null;
  /** Plan and arrivals were computed again from them, and are the same. */
  readonly recomputed: boolean;
  /** The plan is another one, so that nothing may be measured by it. */
  readonly planDiffers: boolean;
  /** Sentences, each of which makes the verdict `unknown`. */
  readonly problems: readonly string[];
  /** Sentences that change no verdict. */
  readonly notes: readonly string[];
}

/** The verdict of a run whose plan cannot be trusted: nothing is measured by it, and its size is anybody's. */
export function unmeasured({ run, scenario, stack, seed }: Plan, decision: Pick<Verdict, "verdict" | "reasons" | "inputs">): Verdict {
  const { verdict, reasons, inputs } = decision;
  return {
    schema: "blastlab.verdict/3",
    run,
    scenario,
    stack,
    seed,
    verdict,
    reasons: [...reasons, "Nothing was measured by it."],
    inputs,
    books: { offered: 0, sent: 0, dropped: 0, joined: 0, reused: 0, errorWithoutAttempt: 0, clientAborts: 0, unexplained: 0, orphanAttempts: 0, balanced: false, problems: [] },
    measures: null,
    gatewayCounts: null,
    reportedUsage: null,
    expectations: [],
    cells: [],
    unitWindows: [],
    wrong: [],
    componentExits: [],
    load: { generator: null, instrument: null, latenessMsP99: 0, lagMsMax: 0, droppedShare: 0 },
  };
}
