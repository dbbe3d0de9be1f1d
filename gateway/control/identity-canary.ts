import { randomBytes } from "node:crypto";
import { messageOf } from "../../kernel/errors.ts";
import type { CanarySettings } from "./config.ts";
import { askCandidate, canaryConfig, type CanaryAnswer, type CanaryQuestion } from "./core/canary.ts";
import type { ExpectedIdentity, IdentityResult } from "./core/identity.ts";
import { startDataPlane } from "./loader.ts";

interface CanaryOptions {
  readonly settings: CanarySettings;
  /** Sections of the data plane's own file. */
  readonly plane: object;
  readonly identities: Readonly<Record<string, ExpectedIdentity>>;
  readonly signal: AbortSignal;
}

/**
 * Asks every deployment of a candidate the known question, through a data plane that runs the candidate for nobody
 * else.
 */
export async function runIdentityCanary(config: Readonly<Record<string, unknown>>, { settings, plane, identities, signal }: CanaryOptions): Promise<readonly IdentityResult[]> {
  const key = `vk-canary-${randomBytes(16).toString("hex")}`;
  await using gateway = await startDataPlane(canaryConfig(config, { plane, key }), signal);
  return await askCandidate(config, { identities, question: settings.question, key, ask: (question) => ask(gateway.url, question, { settings, signal }) });
}

/** The answer, or why there is none. */
async function ask(url: string, { headers, body }: CanaryQuestion, { settings, signal }: { settings: CanarySettings; signal: AbortSignal }): Promise<CanaryAnswer | string> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body, signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]), redirect: "manual" });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return messageOf(error);
  }
}
