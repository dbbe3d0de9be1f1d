import { expect, test } from "vitest";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import type { Plan } from "../../../kernel/plan.ts";
import type { RunRecords } from "../../../kernel/records.ts";
import { formatValue } from "../../measure/format.ts";
import { examine } from "../../measure/judge.ts";
import { HandMadeRun, playedAt } from "../../measure/testing.ts";
import { viewOf } from "../view-of.ts";

function answersTo(run: HandMadeRun, plan: Partial<Plan> = {}, records: Partial<RunRecords> = {}): Readonly<Record<string, readonly string[]>> {
  const planned = run.plan(plan);
  const recorded = run.records(records);
  const { verdict, judged } = examine(planned, recorded, { arrivals: run.arrivals });
  const { postMortem } = viewOf({ plan: planned, verdict, evidence: { records: recorded, judged } });
  return Object.fromEntries(postMortem.map(({ question, findings }) => [question, findings.map(({ sentence }) => sentence.map(formatValue).join(""))]));
}

/** Red is answered with errors from 20 s to 60 s, while the gateway is at fault; one answer of blue is wrong. */
const dead = new HandMadeRun();
dead.every(250, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs < 60_000 ? dead.failed("red", atMs) : dead.good("red", atMs)));
dead.every(250, 0, 100_001, (atMs) => dead.good("blue", atMs, atMs === 30_000 ? { claimedDeployment: "fallback" } : {}));
const kill = faultOf({ id: "kill", title: "The gateway killed", target: { components: ["gateway"], links: [] } });
const answers = answersTo(dead, { faults: [kill] }, { faults: playedAt("kill") });

test("postMortemOf: answers the six questions in their order", () => {
  expect(Object.keys(answers)).toEqual(["What broke?", "Who was hit, and how badly?", "When was it known?", "What ended it?", "What would have helped?", "What is not known?"]);
});

test("postMortemOf: names the fault, where it acted, and when by the records", () => {
  expect(answers["What broke?"]).toEqual(["The gateway killed (at gateway), from 0:20 to 1:00 of the run."]);
});

test("postMortemOf: says who was hit with the verdict's own figures", () => {
  expect(answers["Who was hit, and how badly?"]).toEqual([
    "Lost demand: 50.3 % (no interval: a cell has fewer than 10 clients), which is 161 bad requests beyond the control, by 320 requests offered while faults were in force.",
    "1 of 2 cells were hit beyond their SLO, and 1 of 2 clients.",
    "The worst hit is red/chat/local: 160 of its 323 requests were bad, where the control predicts 0.",
    "Of the exposure's requests 25.1 % were bad, by cause: 160 error, 1 wrong. Of them 0.62 % were silent: delivered as a success.",
  ]);
});

test("postMortemOf: says when the first client and the alarms saw it", () => {
  expect(answers["When was it known?"]!.slice(0, 4)).toEqual([
    "The first client to see a bad answer saw it at 0:20 of the run.",
    "None of the observer's probes failed after the faults began.",
    "The observer's alarm came 2 s after the faults began.",
    "The alarm on the gateway's own metrics was never raised.",
  ]);
});

test("postMortemOf: damage that ends before the fault was ended by the system", () => {
  const healed = new HandMadeRun();
  healed.every(250, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs < 25_000 ? healed.failed("red", atMs) : healed.good("red", atMs)));
  const ended = answersTo(healed, { faults: [kill] }, { faults: playedAt("kill") })["What ended it?"]!;
  expect(ended).toContain("The last bad request was sent at 0:24 of the run, 35.3 s before the faults were to be lifted: from then on the system itself kept them from its users.");
  expect(answers["What ended it?"]).toContain("The last bad request was sent at 0:59 of the run, 250 ms before the faults were to be lifted.");
});

test("postMortemOf: finds the deployments that no fault acted on, and those that one did", () => {
  expect(answers["What would have helped?"]![0]).toBe(
    "Another way to a provider: for 161 of 161 bad requests no fault was in force at a deployment of their route (primary and fallback), nor on the link to it.",
  );
  const both = faultOf({ id: "kill", target: { components: ["provider-primary"], links: ["gateway~provider-fallback"] } });
  expect(answersTo(dead, { faults: [both] }, { faults: playedAt("kill") })["What would have helped?"]![0]).toBe(
    "An earlier answer or a later try: for 161 of 161 bad requests a fault was in force at every deployment of their route.",
  );
});

test("postMortemOf: where there is no other gateway it says so, and silent damage asks for a check of answers", () => {
  expect(answers["What would have helped?"]).toContain(
    'Another gateway: under "The gateway killed" there was no other gateway than gateway: a second one that shares nothing with it, or a way past the gateways.',
  );
  expect(answers["What would have helped?"]!.some((sentence) => sentence.includes("1 bad answers were delivered as successes"))).toBe(true);
});

test("postMortemOf: a void run says what is not known, and nothing of what would have helped", () => {
  const none = answersTo(new HandMadeRun(), { arrivalCount: 3 });
  expect(none["What would have helped?"]).toBeUndefined();
  expect(none["What is not known?"]![0]).toContain("No request was offered");
});
