import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { planOf } from "../../test/support/virtual.ts";
import { componentsOf } from "../../kernel/topology.ts";
import { gatewayInput, gatewayProblems, resolvedGateway, virtualKeys } from "./gateway-config.ts";

const { plan } = planOf("healthy");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const [component] = componentsOf(plan, "gateway");
const input = (settings: Readonly<Record<string, unknown>>) => gatewayInput({ plan, component: component!, settings, linkOrigin: () => "http://127.0.0.1", epochMs: 0, disk: "disk" });

test("gatewayInput: one key for each team and feature, and every deployment behind its link", () => {
  const { keys, deployments } = input({});
  expect(keys.map(({ key, team, feature }) => [`${team}/${feature}`, key])).toEqual(Object.entries(virtualKeys(plan)).map(([owner, key]) => [owner, `sha256:${sha256(key)}`]));
  expect(deployments.map(({ name, baseUrl }) => [name, baseUrl])).toEqual(plan.deployments.map(({ name }) => [name, "http://127.0.0.1/v1"]));
});

test.each(["admin", "epochMs", "region", "keys", "deployments", "routes", "control", "vault", "egress", "runtimes"])("gatewayProblems: %s follows from the plan and cannot be set", (name) => {
  expect(gatewayProblems(plan, { [name]: {} })).toEqual([{ file: "stack", path: ["gateway", name], message: "The lab derives it from scenario and stack" }]);
});

test("resolvedGateway: a problem has the path of its setting in the stack", () => {
  expect(() => resolvedGateway(input({ policy: { retry: { attemptsMax: 0 } } }))).toThrow("gateway.policy.retry.attemptsMax: Too small");
  expect(resolvedGateway(input({})).gateway.concurrencyMax).toBe(512);
});

test("gatewayProblems: settings that the gateway's process would refuse are found before it starts, all of them, with what was meant", () => {
  expect(gatewayProblems(plan, { polcy: {}, contractChek: true, policy: { braker: null } })).toEqual([
    { file: "stack", path: ["gateway", "policy"], unknownKey: "braker", message: 'Unrecognized key: "braker". Did you mean "breaker"?' },
    { file: "stack", path: ["gateway"], unknownKey: "polcy", message: 'Unrecognized key: "polcy". Did you mean "policy"?' },
    { file: "stack", path: ["gateway"], unknownKey: "contractChek", message: 'Unrecognized key: "contractChek". Did you mean "contractCheck"?' },
  ]);
  expect(gatewayProblems(plan, {})).toEqual([]);
});
