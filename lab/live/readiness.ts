import { setTimeout as sleep } from "node:timers/promises";
import { readBody } from "../../kernel/bounded-body.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Cell, Plan, Route } from "../../kernel/plan.ts";
import { redact } from "../../kernel/redact.ts";
import type { SystemView } from "../systems/system.ts";

const timeoutMs = 10_000;
const tries = 3;
/** The whole answer to the question has some hundred bytes. */
const answerBytesMax = 1 << 20;

/**
 * One small request through each entry of the system for each route, before the timeline starts: the providers can be
 * reached, the keys fit. Throws LabError `failed` `provider_unreachable`. Its request ids start with `canary-`, so the
 * books leave them out.
 */
export async function checkReadiness({ plan, system }: { plan: Plan; system: SystemView }): Promise<void> {
  const checks = plan.routes.flatMap((route) => {
    const cell = plan.cells.find((candidate) => candidate.route === route.name);
    return cell === undefined ? [] : (system.targets[cell.region] ?? []).map((entry) => checkRoute(route, { cell, entry, system }));
  });
  await Promise.all(checks);
}

async function checkRoute(route: Route, { cell, entry, system }: { cell: Cell; entry: string; system: SystemView }): Promise<void> {
  const url = `${entry}/v1/chat/completions`;
  let last = "";
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt > 0) await sleep(300);
    last = await ask(url, route.name, { authorization: `Bearer ${system.keys[`${cell.team}/${cell.feature}`]!}`, ...system.headers });
    if (last === "") return;
  }
  throw new LabError({
    exit: "failed",
    code: "provider_unreachable",
    message: `Cannot reach a provider of route "${route.name}" through the gateway at ${url}: ${last}`,
    hint: "Read logs/gateway.log and logs/simulator-*.log in the run directory",
  });
}

const secretsOf = (headers: Readonly<Record<string, string>>) => Object.values(headers).flatMap((value) => [value, value.replace(/^Bearer /, "")]);

/** Empty when it was answered; else what went wrong. */
async function ask(url: string, model: string, headers: Readonly<Record<string, string>>): Promise<string> {
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json", "x-client-request-id": `canary-ready-${model}`, ...headers },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "are you there" }], max_tokens: 1 }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readBody(response.body, answerBytesMax);
    return response.ok ? "" : `it answered ${response.status}: ${redact(text, secretsOf(headers), 300)}`;
  } catch (error) {
    return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
  }
}
