import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentsOf, type Component } from "../../kernel/topology.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { firstPackage } from "../plan/gateway-config.ts";
import { asOperator, type Operator } from "./operator.ts";

const pollMs = 100;

export interface FirstPackageOptions {
  readonly plan: Plan;
  readonly stack: Pick<Stack, "gateway">;
  /** Of the control planes, by their ids. */
  readonly operators: ReadonlyMap<string, Operator>;
}

/**
 * Pushes the configuration of each region to its control plane as version 1. Resolves when every gateway has
 * acknowledged it. Rejects with LabError `failed`.
 */
export async function pushFirstPackages({ plan, stack, operators }: FirstPackageOptions): Promise<void> {
  await Promise.all(
    componentsOf(plan, "control").map(async (control) => {
      const operator = operators.get(control.id)!;
      const body = { config: firstPackage(plan, control, stack.gateway), parent: null, who: "lab", why: "The region's first configuration", force: false, receipt: null };
      const pushed = (await asOperator(operator, "POST", "/v1/push", body)) as { readonly hash: string };
      await acknowledged(operator, { control, hash: pushed.hash, planes: planesOf(plan, control) });
    }),
  );
}

const planesOf = (plan: Plan, { region }: Component) => componentsOf(plan, "gateway").filter((gateway) => gateway.region === region).map(({ id }) => id);

interface ControlStatus {
  readonly active: { readonly package: { readonly hash: string } } | null;
  readonly activeOn: readonly string[];
  readonly rollout: object | null;
}

async function acknowledged(operator: Operator, { control, hash, planes }: { control: Component; hash: string; planes: readonly string[] }): Promise<void> {
  const giveUpAt = performance.now() + startLimitMs;
  let missing = planes;
  while (performance.now() < giveUpAt) {
    const { active, activeOn, rollout } = (await asOperator(operator, "GET", "/v1/status")) as ControlStatus;
    const isActive = active?.package.hash === hash;
    missing = isActive ? planes.filter((plane) => !activeOn.includes(plane)) : planes;
    if (missing.length === 0) return;
    if (!isActive && rollout === null) throw failed(control, await reasonOf(operator, hash));
    await sleep(pollMs);
  }
  throw failed(control, `${missing.join(", ")} did not acknowledge it`);
}

/** Why the control plane ended the rollout of a package. */
async function reasonOf(operator: Operator, hash: string): Promise<string> {
  const history = (await asOperator(operator, "GET", "/v1/history")) as readonly { readonly package: { readonly hash: string }; readonly reason: string | null }[];
  return history.findLast((entry) => entry.package.hash === hash)?.reason ?? "it ended without a reason";
}

function failed({ id, region }: Component, reason: string): LabError {
  return new LabError({ exit: "failed", code: "first_package_failed", message: `The first configuration of region "${region}" does not reach its gateways: ${reason}`, hint: `Read logs/${id}.log in the run directory` });
}
