import { expect, test } from "vitest";
import { contestantsOf } from "./contestants.ts";

test("contestantsOf: stacks by their names, a variant by one of its own, and settings for one and for all", () => {
  expect(contestantsOf("hardened,eager=hardened", ["workload.requestsPerSecond=2", "eager:gateway.policy.breaker=null", "eager:gateway.policy.retryBudget={ratio: 1, tokensMax: 9}"])).toEqual([
    { label: "hardened", stack: "hardened", sets: ["workload.requestsPerSecond=2"] },
    { label: "eager", stack: "hardened", sets: ["workload.requestsPerSecond=2", "stack.gateway.policy.breaker=null", "stack.gateway.policy.retryBudget={ratio: 1, tokensMax: 9}"] },
  ]);
});

test("contestantsOf: a policy set is a stack like others, and a colon in a value is no name", () => {
  expect(contestantsOf("naive, bifrost-defaults", ["measure={control: self}"]).map(({ label, sets }) => [label, sets])).toEqual([
    ["naive", ["measure={control: self}"]],
    ["bifrost-defaults", ["measure={control: self}"]],
  ]);
});

test.each([
  ["one stack", "naive", [], "bad_option", "A comparison needs two stacks, got 1"],
  ["a name that is given twice", "naive,naive", [], "bad_option", '"naive" is given twice'],
  ["a stack that there is not", "naive,hardend", [], "unknown_stack", 'There is no stack "hardend"'],
  ["a setting for a name that is not compared", "naive,hardened", ["eager:bypass=true"], "bad_option", 'is for "eager", which is not in --stacks'],
] as const)("contestantsOf: %s is refused", (_, list, sets, code, message) => {
  expect(() => contestantsOf(list, sets)).toThrow(expect.objectContaining({ exit: "refused", code, message: expect.stringContaining(message) as string }) as Error);
});
