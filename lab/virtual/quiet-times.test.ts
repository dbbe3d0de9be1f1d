import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { FaultAct } from "../conductor/core/fault-act.ts";
import { nothing } from "../conductor/core/fault-act.ts";
import type { World } from "../conductor/core/world.ts";
import { resolveRun } from "../plan/resolve-run.ts";
import { QuietTimes } from "./quiet-times.ts";

const { plan } = resolveRun({ scenario: "flagship", stack: "one-process", seed: 1, sets: [] });
const [primary, fallback] = ["gateway~provider-primary", "gateway~provider-fallback"];
/** What requests have passed: by the primary's link, by the fallback's, and no link that is known. */
const paths = [["client~gateway", primary], ["client~gateway", fallback], []];
const toxic = plan.faults.find(({ kind }) => kind === "toxic")!;
const [fromMs, toMs] = [1_000, 2_000];

/** Quiet times of a plan with the faults alone, which lie between 1 s and 2 s, and what they are at several times. */
async function quietWith(target: Fault["target"], act: Partial<FaultAct<unknown>> = {}) {
  const clock = new VirtualClock();
  const fault = { ...toxic, target, fromMs, toMs };
  const quiet = new QuietTimes({ plan: { ...plan, faults: [fault] }, clock, actOf: () => ({ inject: nothing, lift: nothing, ...act }), act: nothing, lookEveryMs: 1_000 });
  const at = (atMs: number, ask: () => unknown) => clock.at(atMs, ask);
  const seen: Record<string, readonly number[]> = {};
  const look = (name: string) => (seen[name] = paths.map((passed) => quiet.of(passed).untilMs()));
  at(500, () => look("before"));
  at(fromMs, () => void quiet.actOf(fault).inject(fault, {} as World));
  at(1_500, () => look("during"));
  at(toMs, () => void quiet.actOf(fault).lift(fault, {} as World));
  at(2_500, () => look("after"));
  await clock.run();
  return { ...seen, since: paths.map((passed) => quiet.of(passed).sinceMs()) };
}

test("QuietTimes: a fault of one provider's link acts on no stream that comes by another's", async () => {
  expect(await quietWith({ components: [], links: [primary] })).toEqual({
    before: [1_000, Infinity, 1_000],
    during: [1_500, Infinity, 1_500],
    after: [Infinity, Infinity, Infinity],
    since: [2_000, -Infinity, 2_000],
  });
});

test("QuietTimes: a fault of the gateway acts on every stream", async () => {
  const all = (atMs: number) => [atMs, atMs, atMs];
  expect(await quietWith({ components: ["gateway"], links: [] })).toEqual({ before: all(1_000), during: all(1_500), after: all(Infinity), since: all(2_000) });
});

test("QuietTimes: nothing is quiet after a fault that outlasts its lifting", async () => {
  expect(await quietWith({ components: [], links: [primary] }, { outlasts: true })).toMatchObject({ before: [1_000, Infinity, 1_000], after: [2_500, 2_500, 2_500] });
});
