import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import { idleReplicasOf } from "./idle-replicas.ts";
import { HandMadeRun, planOf } from "./testing.ts";

const gateways = ["g1", "g2", "g3", "g4"];
const components = gateways.map((id, at) => ({ id, role: "gateway" as const, region: "local", replica: at + 1 }));
const plan = planOf({ faults: [faultOf({ id: "f" })], components });

/** Ten answers a second and edge, of the gateways in turn. */
function idle(answering: (atMs: number, edge: string) => readonly (string | undefined)[], of = plan) {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => {
    for (const entry of ["one", "two"]) {
      const names = answering(atMs, entry);
      run.good("red", atMs, { entry, replica: names[(atMs / 100) % names.length] });
    }
  });
  return idleReplicasOf(of, run.client);
}

test("idleReplicasOf: 0 while every gateway answers, whatever was before the faults", () => {
  expect(idle((atMs) => (atMs < 20_000 ? ["g1"] : gateways))).toBe(0);
});

test("idleReplicasOf: the most that one edge has left out, for as many answers as are looked at", () => {
  expect(idle((atMs) => (atMs >= 30_000 && atMs < 32_000 ? ["g1"] : atMs >= 60_000 ? ["g1", "g2"] : gateways))).toBe(0.75);
  expect(idle((atMs) => (atMs >= 30_000 && atMs < 31_900 ? ["g1"] : gateways))).toBe(0.5);
});

test("idleReplicasOf: what one edge leaves out is out, although another one uses it", () => {
  expect(idle((atMs, edge) => (atMs < 40_000 ? gateways : edge === "one" ? ["g1", "g2"] : ["g3", "g4"]))).toBe(0.5);
});

test("idleReplicasOf: null where no answer names its gateway, and with one gateway", () => {
  expect(idle(() => [undefined])).toBeNull();
  expect(idle(() => ["g1"], planOf({ components: components.slice(0, 1) }))).toBeNull();
});
