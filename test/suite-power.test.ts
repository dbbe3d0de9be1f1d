import path from "node:path";
import { expect, test } from "vitest";
import { measurePower } from "./suite/power.ts";

const tiny = path.resolve(import.meta.dirname, "../lab/suite/fixtures/tiny.yaml");
const slow = { timeout: 300_000 };

test("suite: other seeds alone are no regression, and a planted 20 % more lost demand is one (`npm run suite:power` has 20 seeds of three scenarios)", slow, async () => {
  const sets = ["stack.gateway.policy.retry.attemptsMax=1", "stack.gateway.policy.retry.attemptsPerDeploymentMax=1", "workload.requestsPerSecond=8"];
  const cases = [{ scenario: tiny, stack: "naive", sets, base: "faults.0.phases.0.errorRate=0.5", worse: "faults.0.phases.0.errorRate=0.6" }];
  const { lostDemand, aAgainstA, planted } = await measurePower(cases, { seeds: 6, draws: 1 });
  expect(lostDemand[0]!.base).toBeGreaterThan(0.2);
  expect(lostDemand[0]!.worse / lostDemand[0]!.base).toBeGreaterThan(1.1);
  expect({ aAgainstA, planted }).toEqual({ aAgainstA: 0, planted: { of: 1, reported: 1 } });
});
