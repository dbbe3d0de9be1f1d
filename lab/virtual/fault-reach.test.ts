import { expect, test } from "vitest";
import type { Fault } from "../../kernel/fault.ts";
import { resolveRun } from "../plan/resolve-run.ts";
import { mayReach } from "./fault-reach.ts";

const { plan } = resolveRun({ scenario: "region-loss", stack: "hardened", seed: 1, sets: [] });
/** By region b alone, as far as one of its providers. */
const passed = ["client~edge-b", "edge-b~gateway-b-1", "gateway-b-1~provider-primary"];
const faultOf = (components: readonly string[], links: readonly string[] = []): Fault => ({ ...plan.faults[0]!, target: { components, links } });

test("mayReach: the loss of one region does not act on what passes through the other", () => {
  const [loss] = plan.faults;
  expect(loss!.target.components).toContain("gateway-a-1");
  expect(mayReach(loss!, passed, plan)).toBe(false);
  expect(mayReach(loss!, ["client~edge-a", ...passed], plan)).toBe(true);
  expect(mayReach(loss!, ["client~edge-b", "edge-b~gateway-a-1", "gateway-a-1~provider-primary"], plan)).toBe(true);
});

test.each([
  ["a component that it passed", faultOf(["edge-b"]), true],
  ["the provider that answers", faultOf(["provider-primary"]), true],
  ["the clients", faultOf(["client"]), true],
  ["another replica of its region", faultOf(["gateway-b-2"]), false],
  ["another provider", faultOf(["provider-fallback"]), false],
  ["a link that it passed", faultOf([], ["edge-b~gateway-b-1"]), true],
  ["a link of its gateway to another provider", faultOf([], ["gateway-b-1~provider-fallback"]), false],
  ["another way to its gateway", faultOf([], ["edge-a~gateway-b-1"]), false],
  ["a part of its region that gateways call", faultOf(["vault-b"]), true],
  ["a link to such a part", faultOf([], ["gateway-b-2~control-b"]), true],
  ["such a part of the other region", faultOf(["vault-a", "control-a"]), false],
  ["one thing here and one there", faultOf(["gateway-a-1", "gateway-b-1"]), true],
  ["nothing that it names", faultOf([]), true],
])("mayReach: a fault of %s", (_, fault, expected) => {
  expect(mayReach(fault, passed, plan)).toBe(expected);
});

test("mayReach: everything may act on a request whose way is not known from its client on", () => {
  expect(mayReach(faultOf(["gateway-a-1"]), [], plan)).toBe(true);
  expect(mayReach(faultOf(["gateway-a-1"]), passed.slice(1), plan)).toBe(true);
});
