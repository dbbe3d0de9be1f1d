import { expect, test } from "vitest";
import type { Plan } from "../kernel/plan.ts";
import { noAnswer, readEvent, readWhole } from "../lab/load/core/answer.ts";
import { HandMadeRun, digestOf, fallback, legOf, markOf, outsider, primary, wordCount } from "../observer/measure/testing.ts";
import { judge } from "../observer/measure/judge.ts";
import { outsideGateways, type OutsideGateway } from "./support/outside-answers.ts";

const usage = { inputTokens: 5, outputTokens: wordCount + 2 };

/**
 * A hundred seconds of a healthy gateway that forwards no request id and calls its models so; every third answer is the
 * fallback's.
 */
function healthy(gateway: OutsideGateway, names: { readonly primary: string; readonly fallback: string }): HandMadeRun {
  const run = new HandMadeRun();
  return run.every(250, 0, 100_001, (atMs) => {
    const number = run.client.length;
    const stream = number % 2 === 0;
    const deployment = number % 3 === 0 ? fallback : primary;
    const mark = markOf({ answerId: `a-${number}`, deployment, digest: digestOf("red") });
    const delivered = { model: deployment === fallback ? names.fallback : names.primary, text: legOf(mark), usage };
    run.attempt({ requestId: `digest-${number}`, identity: "digest", deployment: deployment.name, model: deployment.model, arrivedMs: atMs, answerId: mark.answerId, digest: mark.digest });
    run.request("red", atMs, { stream, ...(stream ? gateway.events(delivered).reduce(readEvent, noAnswer) : readWhole(gateway.body(delivered))) });
  });
}

const stack: Partial<Plan> = { metricsDeclared: false };
const verdictOf = (run: HandMadeRun, plan: Partial<Plan> = {}) => judge(run.plan({ ...stack, ...plan }), run.records(), { arrivals: run.arrivals });

const ownNames = [
  ["the models' own names", { primary: primary.model, fallback: fallback.model }],
  ["a provider's name before them", { primary: `openai/${primary.model}`, fallback: `anthropic/${fallback.model}` }],
  ["the deployments' names", { primary: "primary", fallback: "fallback" }],
  ["the route", { primary: "main", fallback: "main" }],
] as const;

test.each(outsideGateways.flatMap((gateway) => ownNames.map(([what, names]) => [gateway.name, what, gateway, names] as const)))(
  "judge: a healthy %s that reports %s is held, and nothing about it is wrong",
  (_, __, gateway, names) => {
    const verdict = verdictOf(healthy(gateway, names));
    expect(verdict.verdict, verdict.reasons.join(" ")).toBe("held");
    expect(verdict).toMatchObject({ wrong: [], reportedUsage: { compared: 321, wrong: 0 }, gatewayCounts: { shown: false, findings: [] } });
  },
);

test.each(outsideGateways)("judge: $name's own alias is wrong until its stack declares it, for that deployment alone", (gateway) => {
  const run = healthy(gateway, { primary: "fast", fallback: "fast-backup" });
  const declared = (primaryNames: readonly string[], fallbackNames: readonly string[]) => ({
    deployments: [{ ...primary, modelAliases: primaryNames }, { ...fallback, modelAliases: fallbackNames }, outsider],
  });
  const wrongIn = (plan: Partial<Plan>) => verdictOf(run, plan).wrong.length;
  expect(wrongIn({})).toBe(401);
  expect(wrongIn(declared(["fast"], ["fast-backup"]))).toBe(0);
  expect(wrongIn(declared(["fast", "fast-backup"], []))).toBe(134);
});

test.each(outsideGateways)("judge: $name that reports the other deployment's model is wrong, and named", (gateway) => {
  const { wrong } = verdictOf(healthy(gateway, { primary: primary.model, fallback: primary.model }));
  expect(wrong).toHaveLength(134);
  expect(wrong[0]!.why).toBe(`wrong_model: the response names model ${primary.model}, and another model answered`);
});
