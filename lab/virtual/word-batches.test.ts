import { expect, test } from "vitest";
import { neverSignal } from "../../kernel/signal.ts";
import { judge } from "../../observer/measure/judge.ts";
import { justPlanned } from "../plan/kept-inputs.ts";
import { resolveRun } from "../plan/resolve-run.ts";
import { runVirtual } from "./run.ts";

const requestsPerSecond = "workload.requestsPerSecond=4";
/** `npm run virtual:equal` plays more. */
const seeds = Array.from({ length: Number(process.env["BLASTLAB_EQUAL_SEEDS"] ?? 1) }, (_, index) => index + 1);

test.each([
  { scenario: "smoke", stack: "one-process", sets: [] },
  /** Phases that providers play, toxics on a link, failover and rescue. */
  { scenario: "flagship", stack: "one-process", sets: [requestsPerSecond] },
  /** Deadlines pass and breakers open. */
  { scenario: "saturation", stack: "naive", sets: ["timeline.recoveryMs=2000", "timeline.steadyMs=2000"] },
  { scenario: "gateway-dead", stack: "naive", sets: [requestsPerSecond] },
  /** Two edges, which watch streams for silence, in front of a region that is paused. */
  { scenario: "region-silent", stack: "hardened", sets: [requestsPerSecond] },
  /** Words under another field's name: no content to the gateway. */
  { scenario: "contract-drift", stack: "naive", sets: [] },
  /** Answers that are spoiled in the gateway. */
  { scenario: "gateway-sick", stack: "one-process", sets: [requestsPerSecond] },
  /** Two answers are on their way to each other's clients when the defect is lifted. */
  { scenario: "gateway-sick", stack: "naive", sets: [], only: 3 },
  /** The drifted code serves on after its fault, until it is rolled back. */
  { scenario: "gateway-contract-drift", stack: "hardened-without-contract-check", sets: [], only: 2 },
])("WordBatches: $scenario on $stack has the same records and verdict as with each word alone", async ({ scenario, stack, sets, only }) => {
  for (const seed of only === undefined ? seeds : [only]) {
    const { plan, arrivals, stack: parts, inputs } = resolveRun({ scenario, stack, seed, sets: [...sets, "measure.control=self"] });
    const [together, alone] = [await runVirtual({ plan, arrivals, stack: parts, signal: neverSignal }), await runVirtual({ plan, arrivals, stack: parts, batchesWords: false })];
    const verdictOf = ({ records, endedMs }: typeof alone) =>
      judge(plan, records, { arrivals, inputs: justPlanned(inputs), end: { reason: "completed", message: "", atMs: endedMs, troubles: [], stillInForce: [], componentExits: [] } });
    expect(together.clockEvents).toBeLessThan(0.9 * alone.clockEvents);
    const { clockEvents: _, ...rest } = together;
    const { clockEvents: __, ...restAlone } = alone;
    expect(JSON.stringify(rest) === JSON.stringify(restAlone) ? "the same" : firstDifference(rest.records.client, restAlone.records.client)).toBe("the same");
    expect(verdictOf(together)).toEqual(verdictOf(alone));
  }
}, seeds.length * 120_000);

/** For the message of a failure: the first client record that differs, else that something else does. */
function firstDifference(records: readonly unknown[], others: readonly unknown[]): string {
  const index = records.findIndex((record, at) => JSON.stringify(record) !== JSON.stringify(others[at]));
  return index < 0 ? "other records differ" : `${JSON.stringify(records[index])} instead of ${JSON.stringify(others[index])}`;
}
