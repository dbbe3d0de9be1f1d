import { expect, test } from "vitest";
import type { ClientRecord } from "../kernel/records.ts";
import type { PushedPackage } from "../kernel/packages.ts";
import { runVirtual } from "../lab/virtual/run.ts";
import { judge } from "../observer/measure/judge.ts";
import { planOf } from "./support/virtual.ts";

const slow = { timeout: 240_000 };

/** Two providers are swapped by a push from 13 s to 33 s, with a limit on how far that reaches. */
async function pushedOn(stack: string) {
  const sets = { expectations: "[{ measure: packageReach, atMost: 0.01 }]", "workload.requestsPerSecond": "8", timeline: "{ warmupMs: 3000, steadyMs: 10000, recoveryMs: 40000 }", "faults.0.lengthMs": "20000" };
  const { plan, arrivals, stack: resolved } = planOf("bad-config-swapped-providers", sets, undefined, stack);
  const { records } = await runVirtual({ plan, arrivals, stack: resolved });
  /** As the clients of a gateway would have it that names its package so. */
  const verdictOn = (nameOf = (record: ClientRecord) => record.package) =>
    judge(plan, { ...records, client: records.client.map((record) => ({ ...record, package: nameOf(record) })) }, { arrivals });
  return { records, verdictOn };
}

test("packageReach: where configuration is applied at once a push reaches all that a gateway answers meanwhile; one that hides that is found by the providers' marks", slow, async () => {
  const { records, verdictOn } = await pushedOn("naive");
  const honest = verdictOn();
  const [{ demand, requests, share, disguised }] = honest.measures!.packages!.pushed as readonly [PushedPackage];
  const unanswered = records.client.filter(({ intendedMs, status }) => intendedMs >= 13_000 && intendedMs <= 33_000 && status === null).length;
  expect([honest.expectations[0]!.result, disguised]).toEqual(["deviated", 0]);
  expect(requests).toBeGreaterThan(0.8 * demand);
  expect(requests + unanswered).toBeGreaterThan(0.99 * demand);
  const old = records.client[0]!.package!;
  const hiding = verdictOn(() => old);
  expect(hiding.expectations[0]!.result).toBe("unknown");
  expect(hiding.measures!.packages!.pushed).toMatchObject([{ packages: [], requests: 0, share: [0, share[1]] }]);
  expect(hiding.reasons.join(" ")).toContain("answers name another package, or none, and are wrong as only the pushed one makes them");
});

test("packageReach: a control plane asks the deployments first, and nobody is answered under the pushed package", slow, async () => {
  const { verdictOn } = await pushedOn("hardened");
  const { measures, expectations } = verdictOn();
  expect(expectations[0]!.result).toBe("held");
  expect(measures!.packages).toMatchObject({ answering: [{ package: expect.stringMatching(/^1@/) as unknown }], pushed: [{ packages: [], requests: 0, disguised: 0, share: [0, 0] }] });
});
