import { expect, test } from "vitest";
import { planOf, playVirtually } from "./support/virtual.ts";

const phase = "faults.0.phases.0";

test("clientShare: through the gateway a fault hits all requests of its clients and none of the others, on the OpenAI and the Anthropic wire", async () => {
  const sticky = { "stack.gateway.cache": "null", [`${phase}.errorRate`]: "1", [`${phase}.select.clientShare`]: "0.4", "workload.clientsPerCell": "10", "faults.0.deployments": '["primary", "fallback"]' };
  const resolved = planOf("smoke", sticky);
  const { records } = await playVirtually(resolved);
  const clients = new Map(resolved.arrivals.map(({ requestId, client }) => [requestId, client]));
  const { fromMs, toMs } = resolved.plan.faults[0]!.phases[0]!;
  for (const deployment of ["primary", "fallback"]) {
    const during = records.wire.filter((attempt) => clients.has(attempt.requestId) && attempt.deployment === deployment && attempt.arrivedMs >= fromMs && attempt.arrivedMs < toMs);
    const hit = new Set(during.filter(({ incident }) => incident !== null).map(({ requestId }) => clients.get(requestId)));
    const spared = new Set(during.filter(({ incident }) => incident === null).map(({ requestId }) => clients.get(requestId)));
    expect([...hit].filter((client) => spared.has(client))).toEqual([]);
    expect(hit.size).toBeGreaterThanOrEqual(2);
  }
});
