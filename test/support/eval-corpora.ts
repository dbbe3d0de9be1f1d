import type { Corpus, EvalCase } from "../../gateway/evals/core/corpus.ts";
import { defaultGateSettings, runGate, type GateResult } from "../../gateway/evals/core/run-gate.ts";
import { seededRng } from "../../kernel/rng.ts";

/**
 * A family of corpora and pairs of versions, drawn with a seed, and what the gate must say of them at least so often.
 */
export interface GateCell {
  readonly title: string;
  readonly cases: number;
  /** Share of cases that the current version can solve. */
  readonly base: number;
  /** Share of cases that the candidate cannot solve any more, out of all. */
  readonly drop: number;
  /** Chance that an answer is not as the version's ability says. */
  readonly flake: number;
  /** `blocked`: anything but a pass. */
  readonly expected: Counted;
  readonly atLeast: number;
}

export type Counted = GateResult["decision"] | "blocked";

/** What the gate promises for quiet cases, and beside it what flaky ones cost. */
export const gateCells: readonly GateCell[] = [
  { title: "no change, 100 quiet cases pass", cases: 100, base: 0.95, drop: 0, flake: 0, expected: "pass", atLeast: 0.95 },
  { title: "no change, 20 quiet cases are undecided", cases: 20, base: 0.95, drop: 0, flake: 0, expected: "undecided", atLeast: 1 },
  { title: "a drop of 60 points in 20 quiet cases fails", cases: 20, base: 1, drop: 0.6, flake: 0, expected: "fail", atLeast: 0.95 },
  { title: "a drop of 10 points in 100 quiet cases is blocked", cases: 100, base: 0.95, drop: 0.1, flake: 0, expected: "blocked", atLeast: 0.95 },
  { title: "no change, 100 cases with 3 % flake pass", cases: 100, base: 0.95, drop: 0, flake: 0.03, expected: "pass", atLeast: 0.95 },
  { title: "a drop of 10 points in 100 cases with 3 % flake is blocked", cases: 100, base: 0.95, drop: 0.1, flake: 0.03, expected: "blocked", atLeast: 0.95 },
  { title: "a drop of 10 points in 200 quiet cases fails", cases: 200, base: 0.95, drop: 0.1, flake: 0, expected: "fail", atLeast: 0.95 },
];

/** How often the gate decided what, over so many seeded corpora. */
export async function decisionsOf(cell: GateCell, corpora: number): Promise<Record<Counted, number>> {
  const counts: Record<Counted, number> = { pass: 0, fail: 0, undecided: 0, unknown: 0, blocked: 0 };
  for (let seed = 1; seed <= corpora; seed++) {
    const { decision } = await decided(cell, seed);
    counts[decision]++;
    if (decision !== "pass") counts.blocked++;
  }
  return counts;
}

function decided({ cases, base, drop, flake, title }: GateCell, seed: number): Promise<GateResult> {
  const rng = seededRng(seed, `eval gate: ${title}`);
  const drawn = rng.fork("abilities");
  const solvable = Array.from({ length: cases }, () => {
    const current = drawn.next() < base;
    // The drop is a share of all cases, so that it falls on solvable ones more often.
    const lost = drawn.next() < drop / base;
    return { current, candidate: current && !lost };
  });
  const corpus: Corpus = { cases: solvable.map((_, index): EvalCase => ({ id: `${index}`, group: null, must: false, vars: { index }, assertions: [{ type: "equals", value: "right" }] })), labelled: [] };
  return runGate(corpus, defaultGateSettings, {
    ask: async (side, { id }, ordinal) => {
      const flipped = rng.fork(`${side} ${id} ${ordinal}`).next() < flake;
      return { kind: "answer", text: solvable[Number(id)]![side] === flipped ? "wrong" : "right" };
    },
    judge: async () => null,
    schemaProblem: () => null,
    rng: rng.fork("bootstrap"),
  });
}
