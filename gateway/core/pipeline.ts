import { neverSignal } from "../../kernel/signal.ts";
import type { AnswerCache } from "./cache/answer-cache.ts";
import { compose, type Call, type Handle, type Stage } from "./call.ts";
import type { GatewayConfig } from "./config.ts";
import type { ClientDialect, GatewaySeams } from "./contracts.ts";
import type { LimitBook } from "./limits/book.ts";
import type { ActiveDefects } from "./stages/active-defects.ts";
import { admission, type InFlight } from "./stages/admission.ts";
import { cache } from "./stages/cache.ts";
import { unsupportedParameters } from "./stages/unsupported-parameters.ts";
import { cost } from "./stages/cost.ts";
import { deadlines } from "./stages/client-deadlines.ts";
import { decode } from "./stages/decode.ts";
import { defectStage } from "./stages/defects.ts";
import { injectionGuard, piiGuard } from "./stages/guards-in.ts";
import { answerGuard } from "./stages/guards-out.ts";
import { identity } from "./stages/identity.ts";
import { limits } from "./stages/limits.ts";
import { priority, type Shed } from "./stages/priority.ts";
import { prompt } from "./stages/prompt.ts";
import { relay } from "./stages/relay.ts";
import { route } from "./stages/route.ts";

/** What the stages share over all requests of this process. */
export interface PipelineParts extends GatewaySeams, Pick<Parameters<typeof relay>[0], "ids" | "policyHost"> {
  readonly inFlight: InFlight;
  readonly shed: Shed;
  readonly book: LimitBook;
  readonly answers: AnswerCache;
  readonly activeDefects: ActiveDefects;
  readonly dialectOf: (call: Call) => ClientDialect;
}

/**
 * The stages of a request, in order: a request passes them from top to bottom, its answer from bottom to top. Stages that the config does not name are
 * left out. Stages hold state (a mixed-up answer that waits), so a pipeline is made once a config, not once a request.
 */
export function pipeline(config: GatewayConfig, parts: PipelineParts): Handle {
  const { pii, injection } = config.guards ?? { pii: null, injection: null };
  const registry = config.registry ?? { prompts: [], tools: [] };
  const stages: readonly (Stage | null)[] = [
    /** Before the body is read: a stranger costs one look-up. Everything below knows team, feature and priority. */
    identity,
    /** Around all that can be billed: its report is there when the limits below settle. */
    cost(parts.clock),
    /** Before anything that reads the request, and before admission, so that a malformed body takes no room. */
    decode(parts.dialectOf),
    /** With the request's other parameters: unreadable ones are refused before they take room. */
    deadlines,
    /** Before admission: what a low priority may not fill stays free for the others. */
    priority(parts.inFlight, parts.shed),
    /** Before all that works: from here on a request counts as in flight. */
    admission(parts.inFlight),
    /** Before defects, limits and relay, which need its deployments. */
    route,
    /** Around all that a healthy gateway does with an admitted request: a sick one spoils also what its cache and guards gave. */
    ...config.defects.map((defect, index) => defectStage(defect, `defects[${index}]`, { ...parts, lifted: neverSignal })),
    parts.activeDefects.stage,
    /** Before anybody else reads the texts. Its way back gives the caller its own values. */
    pii && piiGuard(pii),
    /** After personal data is out, so that an inspector of one's own never sees it. Before the registry, whose texts are the application's own. */
    injection && injectionGuard(injection, parts),
    /** Before limits, which reserve for the prompt as it is rendered, and before the cache, whose key is the rendered request. Without registry: refuses every reference. */
    prompt(registry),
    /** Before the cache: an answer that is given twice counts as a request of its own. */
    limits(parts),
    /** Behind the request's guards, so that it never sees what they take out. */
    config.cache === undefined ? null : cache(config.cache, parts.answers, parts.clock),
    /** Behind the cache, which then keeps only what this guard passed. */
    pii?.answers === "scrub" ? answerGuard(pii) : null,
    /** Last before the attempts: a cached answer needs no deployment that can carry the request. */
    unsupportedParameters(parts.upstream),
  ];
  return compose(stages.filter((stage) => stage !== null), relay(parts));
}
