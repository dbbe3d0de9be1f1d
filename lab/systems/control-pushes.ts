import { ConfigPushes } from "../conductor/core/config-pushes.ts";
import type { PushedConfig } from "../../scenarios/faults/config-change.ts";
import { answerToOperator, asOperator, type Operator } from "./operator.ts";

interface Status {
  readonly active: { readonly package: { readonly hash: string } } | null;
  readonly rollout: { readonly package: { readonly hash: string } } | null;
}

const by = { who: "lab", why: "a fault of the scenario" };

/** A control plane's process as its operator pushes to it. */
export function controlPushes(operator: Operator, first: PushedConfig): ConfigPushes {
  return new ConfigPushes(first, {
    standing: async () => {
      const { active, rollout } = (await asOperator(operator, "GET", "/v1/status")) as Status;
      return { active: active?.package.hash ?? null, rollout: rollout?.package.hash ?? null };
    },
    push: async (push) => {
      const answer = (await answerToOperator(operator, "POST", "/v1/push", { ...by, ...push, receipt: null })) as { readonly hash: string } | null;
      return answer?.hash ?? null;
    },
    rollback: async () => void (await answerToOperator(operator, "POST", "/v1/rollback", { ...by, to: null })),
  });
}
