import { randomBytes } from "node:crypto";
import { messageOf } from "../../kernel/errors.ts";
import type { ControlFile } from "./config.ts";
import { judgeIdentity, type ExpectedIdentity, type IdentityResult, type ObservedIdentity } from "./core/identity.ts";
import { startDataPlane } from "./loader.ts";

interface CanaryOptions {
  readonly settings: ControlFile["canary"];
  /** Sections of the data plane's own file. */
  readonly plane: object;
  readonly identities: Readonly<Record<string, ExpectedIdentity>>;
  readonly signal: AbortSignal;
}

interface Deployment {
  readonly name: string;
  readonly baseUrl: string;
}

/**
 * Asks every deployment of a candidate the known question, through a data plane that runs the candidate for nobody else: each deployment has a route of its
 * own there, without cache, limits, or another deployment that could answer instead.
 */
export async function runIdentityCanary(config: Readonly<Record<string, unknown>>, { settings, plane, identities, signal }: CanaryOptions): Promise<readonly IdentityResult[]> {
  const deployments = config["deployments"] as readonly Deployment[];
  const key = `vk-canary-${randomBytes(16).toString("hex")}`;
  const candidate = {
    ...plane,
    ...pick(config, ["deployments", "contractCheck"]),
    listen: { port: 0 },
    keys: [{ key, team: "control", feature: "identity" }],
    routes: deployments.map(({ name }) => ({ name, deployments: [name] })),
  };
  await using gateway = await startDataPlane(candidate, signal);
  const asked = deployments.map(async (deployment) => {
    const answer = await ask(gateway.url, { deployment, key, settings, signal });
    return typeof answer === "string" ? judgeIdentity(deployment.name, identities[deployment.name], null, answer) : judgeIdentity(deployment.name, identities[deployment.name], answer);
  });
  return await Promise.all(asked);
}

/** What the deployment's answer shows, or why there is none. */
async function ask(url: string, { deployment, key, settings, signal }: { deployment: Deployment; key: string; settings: ControlFile["canary"]; signal: AbortSignal }): Promise<ObservedIdentity | string> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: deployment.name, messages: [{ role: "user", content: settings.question }], max_tokens: 32 }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]),
      redirect: "manual",
    });
    const body = (await response.json()) as { readonly model?: unknown; readonly id?: unknown; readonly choices?: readonly { readonly message?: { readonly content?: unknown } }[] };
    if (!response.ok) return `it answered with status ${response.status}`;
    const textOf = (value: unknown) => (typeof value === "string" ? value : null);
    const { host: endpointHost } = new URL(deployment.baseUrl);
    return { model: textOf(body.model), id: textOf(body.id), answer: textOf(body.choices?.[0]?.message?.content), endpointHost };
  } catch (error) {
    return `it gave no answer: ${messageOf(error)}`;
  }
}

function pick(config: Readonly<Record<string, unknown>>, names: readonly string[]): object {
  return Object.fromEntries(names.filter((name) => config[name] !== undefined).map((name) => [name, config[name]]));
}
