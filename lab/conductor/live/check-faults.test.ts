import { expect, test } from "vitest";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import type { Component } from "../../../kernel/topology.ts";
import { plan } from "../../board/fixtures/run.ts";
import { checkLiveFaults, type GatewayOwner } from "./check-faults.ts";

const component = (id: string, role: Component["role"], deployment?: string): Component => ({ id, role, region: "local", replica: 1, deployment });
const components = [component("client", "client"), component("gateway", "gateway"), component("store", "store"), component("vault", "vault"), component("provider-a", "provider", "a"), component("provider-b", "provider", "b")];
const links = [
  { id: "client~gateway", from: "client", to: "gateway" },
  { id: "gateway~store", from: "gateway", to: "store" },
  { id: "gateway~vault", from: "gateway", to: "vault" },
  { id: "gateway~provider-a", from: "gateway", to: "provider-a" },
];
const deployments = [{ name: "a" }, { name: "b", url: "http://127.0.0.1:9" }] as unknown as typeof plan.deployments;

/** The reason against a fault, or null. */
function refusal(fault: Partial<Parameters<typeof faultOf>[0]>, gateway: GatewayOwner = "reference"): string | null {
  try {
    checkLiveFaults({ ...plan, components, links, deployments, faults: [faultOf({ id: "f", ...fault })] }, gateway);
    return null;
  } catch (error) {
    expect(error).toMatchObject({ exit: "refused", code: "not_applicable" });
    return (error as Error).message;
  }
}

const process = (action: string, ...ids: string[]) => ({ kind: "process" as const, settings: { action }, target: { components: ids, links: [] } });

test("checkLiveFaults: a gateway that the lab starts can have everything, one of the user's own is changed through its links alone", () => {
  for (const fault of [process("kill", "gateway"), process("pause", "gateway"), { kind: "defect" as const, target: { components: ["gateway"], links: [] } }]) {
    expect(refusal(fault)).toBeNull();
    expect(refusal(fault, "own_running")).toContain("the lab did not start your gateway");
  }
  expect(refusal({ kind: "toxic", target: { components: [], links: ["client~gateway", "gateway~provider-a"] } }, "own_running")).toBeNull();
  expect(refusal({ kind: "dns", target: { components: [], links: ["gateway~provider-a"] } }, "own_running")).toContain("the lab did not start your gateway");
});

test("checkLiveFaults: one of the user's own that the lab starts can be killed and paused, and takes nothing else", () => {
  for (const action of ["kill", "restart", "pause"]) expect(refusal(process(action, "gateway"), "own_command")).toBeNull();
  expect(refusal(process("memory_limit", "gateway"), "own_command")).toContain("the heap of the reference gateway only");
  expect(refusal({ kind: "defect", target: { components: ["gateway"], links: [] } }, "own_command")).toContain("your gateway takes no faults over HTTP");
});

test("checkLiveFaults: a simulated provider can be paused, not killed; one of the user's own neither", () => {
  expect(refusal(process("pause", "provider-a"))).toBeNull();
  expect(refusal(process("kill", "provider-a"))).toContain("keeps its records in one piece");
  expect(refusal(process("pause", "provider-b"))).toContain('the lab did not start the provider of "b"');
});

test.each(["store", "vault"])("checkLiveFaults: a %s can be out of reach, paused and killed; what a process does not take is refused", (role) => {
  expect(refusal({ kind: "dependency", target: { components: [role], links: [`gateway~${role}`] } })).toBeNull();
  for (const action of ["pause", "kill"]) expect(refusal(process(action, role))).toBeNull();
  expect(refusal({ kind: "clock_skew", target: { components: [role], links: [] } })).toContain(`a ${role} takes no faults over HTTP`);
});

test("checkLiveFaults: what the live lab does not start is refused", () => {
  expect(refusal(process("pause", "client"))).toContain("the live lab starts no client");
});
