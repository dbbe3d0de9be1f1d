import type { Clock, Transport } from "../../kernel/seams.ts";
import type { AnswerCache } from "./cache/answer-cache.ts";
import type { Stage } from "./call.ts";
import type { GatewayConfig } from "./config.ts";
import { cache } from "./stages/cache.ts";
import { injectionGuard, piiGuard } from "./stages/guards-in.ts";
import { answerGuard } from "./stages/guards-out.ts";
import { prompt } from "./stages/prompt.ts";

/**
 * What may be asked and answered, in this order: personal data out, injection, prompt registry, limits, cache, personal data out of the answer. Only
 * what the config names is there, but for the registry: without one, every reference to it is refused. The cache stands behind the request's
 * guards, so that it never sees what they take out, and before the answer's, so that it keeps only what they passed. Limits reserve for the prompt as it is rendered.
 */
export function answerStages(config: GatewayConfig, parts: { clock: Clock; transport: Transport; answers: AnswerCache; limits: Stage }): readonly Stage[] {
  const { guards = { pii: null, injection: null }, registry = { prompts: [], tools: [] }, cache: settings } = config;
  const { pii, injection } = guards;
  if (settings === undefined) parts.answers.forget();
  return [
    ...(pii === null ? [] : [piiGuard(pii)]),
    ...(injection === null ? [] : [injectionGuard(injection, parts)]),
    prompt(registry),
    parts.limits,
    ...(settings === undefined ? [] : [cache(settings, parts.answers, parts.clock)]),
    ...(pii?.answers === "scrub" ? [answerGuard(pii)] : []),
  ];
}
