import { neverSignal } from "../../kernel/signal.ts";
import type { AnswerCache } from "./cache/answer-cache.ts";
import type { WarmUpHost } from "./cache/warm-up/warm-up-host.ts";
import { compose, type Call, type Handle, type Stage } from "./call.ts";
import type { GatewayConfig } from "./config.ts";
import type { ClientDialect, GatewaySeams } from "./contracts.ts";
import type { LimitBook } from "./limits/limit-book.ts";
import type { RegionShare } from "./limits/region-share.ts";
import type { ActiveDefects } from "./stages/active-defects.ts";
import { admission, type InFlight } from "./stages/admission.ts";
import { cache } from "./stages/cache.ts";
import { unsupportedParameters } from "./stages/unsupported-parameters.ts";
import { cost } from "./stages/cost.ts";
import { deadlines } from "./stages/client-deadlines.ts";
import { decode } from "./stages/decode.ts";
import { defectStage } from "./stages/defects.ts";
import { injectionGuard, piiGuard, unreadableGuard } from "./stages/guards-in.ts";
import { answerGuard } from "./stages/guards-out.ts";
import { identity } from "./stages/identity.ts";
import { yieldIfLarge } from "./stages/large-requests.ts";
import { limits } from "./stages/limits.ts";
import { priority, type Shed } from "./stages/priority.ts";
import { prompt } from "./stages/prompt.ts";
import { providersOf } from "./policies/providers.ts";
import { relay } from "./stages/relay.ts";
import { route } from "./stages/route.ts";

/** What the stages of this process share over all requests. */
export interface PipelineParts extends GatewaySeams, Pick<Parameters<typeof relay>[0], "ids" | "policyHost"> {
  readonly inFlight: InFlight;
  readonly shed: Shed;
  readonly book: LimitBook;
  readonly regionShare: RegionShare;
  readonly answers: AnswerCache;
  readonly activeDefects: ActiveDefects;
  readonly warmUps?: WarmUpHost;
  readonly dialectOf: (call: Call) => ClientDialect;
}

/**
 * The stages of a request, in order: a request passes them from top to bottom, its answer from bottom to top. Stages
 * that the config does not name are left out. Stages hold state (a mixed-up answer that waits), so there is one
 * pipeline a config, not one a request.
 */
export function pipeline(config: GatewayConfig, parts: PipelineParts): Handle {
  const stages: readonly (Stage | null | undefined)[] = [
    /** Before the body is read: an unknown key costs one look-up. Everything below reads team, feature and priority. */
    identity,
    /** Around everything that can be billed: its report must exist when the limits below settle. */
    cost(parts.clock),
    /** Before everything that reads the request, and before admission, so that a malformed body takes no slot. */
    decode(parts.dialectOf, parts.clock),
    yieldIfLarge(parts.clock),
    /** With the request's other parameters: invalid ones are refused before they take a slot. */
    deadlines,
    /** Before admission: the room that a low priority may not fill stays free for the others. */
    priority(parts.inFlight, parts.shed),
    /** Before everything that does work: from here on a request counts as in flight. */
    admission(parts.inFlight),
    /** Before defects, limits and relay, which need the route's deployments. */
    route,
    /**
     * Around everything that a healthy gateway does with an admitted request: a sick one also spoils answers from its
     * cache and guards.
     */
    ...config.defects.map((defect, index) => defectStage(defect, `defects[${index}]`, { ...parts, lifted: neverSignal })),
    parts.activeDefects.stage,
    ...requestStages(config, parts),
    yieldIfLarge(parts.clock),
    /** Before the cache: an answer from the cache counts as a request of its own. */
    limits(parts),
    yieldIfLarge(parts.clock),
    ...answerStages(config, parts),
    yieldIfLarge(parts.clock),
  ];
  return compose(stages.filter((stage) => stage != null), relay({ ...parts, providers: providersOf(config.deployments) }));
}

/**
 * The stages of a question that the gateway asks to warm its cache. It is no client's: nobody's limits pay for it, and
 * it takes no slot of admission. It passes the same guards and registry, so that its answer has the key of its
 * clients'.
 */
export function warmUpPipeline(config: GatewayConfig, parts: PipelineParts): Handle {
  const stages = [cost(parts.clock), decode(parts.dialectOf, parts.clock), route, ...requestStages(config, parts), ...answerStages(config, parts)];
  return compose(stages.filter((stage) => stage != null), relay({ ...parts, providers: providersOf(config.deployments) }));
}

/** What makes the request that the cache and the providers see of the client's. */
function requestStages(config: GatewayConfig, parts: PipelineParts): readonly (Stage | null)[] {
  const { pii, injection, images } = config.guards ?? { pii: null, injection: null, images: "pass" };
  return [
    /** Before the guards, which would pass what they cannot read. */
    (pii !== null || injection !== null) && images === "refuse" ? unreadableGuard(parts) : null,
    /** Before anything else reads the texts. On the way back it restores the caller's own values. */
    pii && piiGuard(pii, parts),
    /**
     * After personal data is removed, so that an external inspector never sees it. Before the registry, whose texts are
     * the application's own.
     */
    injection && injectionGuard(injection, parts),
    /**
     * Before limits, which reserve for the rendered prompt, and before the cache, whose key is the rendered request.
     * Without a registry it refuses every reference.
     */
    prompt(config.registry ?? { prompts: [], tools: [] }),
  ];
}

/** Where its answer comes from. */
function answerStages(config: GatewayConfig, parts: PipelineParts): readonly (Stage | null | undefined)[] {
  const pii = config.guards?.pii;
  return [
    /** After the request's guards, so that it never sees what they remove. */
    config.cache && cache(config.cache, parts),
    /** After the cache, which then keeps only what this guard passed. */
    pii?.answers === "scrub" ? answerGuard(pii) : null,
    /** Last before the attempts: a cached answer needs no deployment that supports the request. */
    unsupportedParameters(parts),
  ];
}
