import type { Deployment, PlannedIncident, PlannedPhase } from "../../kernel/plan.ts";
import type { WireRequest } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { SimulatorConfig } from "./config.ts";

/** Example values for the simulators' tests. Each takes only what the test is about. */

export const examplePhase: PlannedPhase = {
  index: 0,
  fromMs: 0,
  toMs: 1e9,
  errorRate: 0,
  statusMix: {},
  latencyFactor: 1,
  addedLatencyMs: 0,
  streamTruncationRate: 0,
  wrongOutputRate: 0,
  wrongOutputKind: "garbled",
};

export const exampleDeployment: Deployment = {
  name: "primary",
  provider: "openai",
  dialect: "openai",
  model: "gpt-test",
  latency: { firstTokenMsP50: 400, firstTokenSigma: 0.4, tokensPerSecond: 100, source: "made up for the tests" },
};

export function incidentOf(...phases: readonly Partial<PlannedPhase>[]): PlannedIncident {
  return { incident: "test", deployments: ["primary"], phases: phases.map((phase, index) => ({ ...examplePhase, index, ...phase })) };
}

/** A simulator of `exampleDeployment` in an incident with these phases. */
export function configOf(...phases: readonly Partial<PlannedPhase>[]): SimulatorConfig {
  return { seed: 7, deployment: exampleDeployment, otherModel: "gpt-other", markKey: "key", incidents: [incidentOf(...phases)] };
}

/** A chat request with an id; `body` overrides fields of the JSON. */
export function chatRequest(id: string, body: Readonly<Record<string, unknown>> = {}): WireRequest {
  const json = { model: "gpt-test", messages: [{ role: "user", content: "hello there" }], max_tokens: 5, ...body };
  return {
    method: "POST",
    path: "/v1/chat/completions",
    headers: { authorization: "Bearer key", "x-client-request-id": id },
    body: utf8Bytes(JSON.stringify(json)),
  };
}
