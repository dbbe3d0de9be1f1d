import type { GatewayConfig } from "../../gateway/core/config.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig } from "../../gateway/core/testing/rig.ts";
import type { Provider } from "../../gateway/core/testing/scripted-transport.ts";
import { cutAfter, type Step, streamed } from "../../gateway/core/testing/scripts.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { logNormal, seededRng } from "../../kernel/rng.ts";

const words = 60;
const text = Array.from({ length: words }, (_, index) => `word${index + 1}`).join(" ");
const endings: readonly (readonly Step[])[] = [[], [{ fail: "reset" }], [{ fail: "closed_early" }]];
const gapMs = 15;

/** `same`: the fallback replays the very text; `other`: it words it differently, as another model does. */
export type FallbackKind = "continues" | "replays the same" | "replays another";

export interface RescueShare {
  readonly streams: number;
  readonly rescued: number;
  /**
   * Of those rescued: how long the stream stood still more than between two words, over the fallback's own first-token
   * time.
   */
  readonly stallRatios: readonly number[];
}

/**
 * Streams that are cut once each, at any of their words, in any way, with a fallback whose first-token time is drawn.
 */
export async function rescueShare(kind: FallbackKind, streams: number, seed: number): Promise<RescueShare> {
  const clock = new VirtualClock();
  const rng = seededRng(seed, kind);
  const plans = new Map(Array.from({ length: streams }, (_, index) => [`stream-${index}`, { cutAt: 1 + (index % words), ending: endings[Math.floor(rng.next() * 3)]!, firstTokenMs: logNormal(rng, 300, 0.5) }]));
  const planOf = (headers: Readonly<Record<string, string>>) => plans.get(headers["x-client-request-id"]!)!;
  const primary: Provider = (_, { headers }) => {
    const { cutAt, ending } = planOf(headers);
    return cutAfter(streamed("openai", primaryModel, text, { firstMs: 100, gapMs }), cutAt + 1, ...ending);
  };
  const fallback: Provider = (_, { headers, body }) => {
    const last = body.messages.at(-1)!;
    const answer = kind === "replays another" ? text.replace("word1 ", "Well, ") : last.role === "assistant" ? text.slice(last.content.length) : text;
    /**
     * Anthropic's stream opens with two events that are no content; a continuation's first piece is the space that
     * parts it.
     */
    const { firstTokenMs } = planOf(headers);
    return streamed("anthropic", backupModel, answer, { firstMs: firstTokenMs, gapMs: 0.001 });
  };
  const rig = new Rig(clock, { primary, backup: fallback }, configFor(kind === "continues"));
  const sending = [...plans.keys()].map(async (requestId, index) => {
    await clock.sleep(index * 20);
    return rig.send({ requestId });
  });
  await clock.run();
  const received = await Promise.all(sending);
  const rescued = received.filter(({ isTerminated, text: got }) => isTerminated && got === text);
  const ends = new Map(rig.finished().map((event) => [event.requestId, event]));
  if (rig.transport.at("primary").length < streams) throw new Error("Not every stream met its fault");
  const stallRatios = rescued.map(({ requestId }) => {
    const { attempts } = ends.get(requestId)!;
    const [broke, rescue] = [attempts[0]!, attempts.at(-1)!];
    return (rescue.endedMs - broke.endedMs) / planOf({ "x-client-request-id": requestId }).firstTokenMs;
  });
  return { streams, rescued: rescued.length, stallRatios };
}

/** No breaker, which would spare the primary after a few of them: every stream is to be cut. */
function configFor(continuesPrefix: boolean): GatewayConfig {
  const base = configOf({ policy: policyOf({ breaker: null, retryBudget: { ratio: 10, tokensMax: 1_000 } }) });
  return { ...base, deployments: base.deployments.map((deployment) => (deployment.name === "backup" ? { ...deployment, continuesPrefix } : deployment)) };
}
