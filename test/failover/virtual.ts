import { defaultPolicy, type GatewayConfig } from "../../gateway/core/config.ts";
import { configOf, type Received, Rig } from "../../gateway/core/testing/rig.ts";
import type { Provider } from "../../gateway/core/testing/scripted-transport.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { exponential, seededRng } from "../../kernel/rng.ts";
import { judgeScenario, type CallerSaw, type Judgement } from "./judge.ts";
import { healthyProviders, models, type Behaviour, type DeploymentName, type FailoverScenario } from "./scenarios.ts";

export interface Load {
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** Whether the fault hits this scenario's requests alone, or all that the providers receive. */
  readonly hits: "request" | "provider";
  readonly continues: boolean;
}

/** The load runs this long before a scenario's first request, and a scenario is played this often in one run. */
const leadMs = 3_000;
const repeats = 2;
/** Share of the load that streams: whole answers are the same to policies, and cost a simulation a tenth. */
const streamShare = 0.2;
const apartMs = 5_000;

/**
 * One scenario under load on the virtual clock, `repeats` times within one run, each on requests of its own: a
 * judgement for each. The load is Poisson and healthy, or meets the same fault.
 */
export async function playUnderLoad(scenario: FailoverScenario, load: Load): Promise<readonly Judgement[]> {
  const clock = new VirtualClock();
  const rng = seededRng(load.seed, scenario.id);
  const beganMs = new Map(Array.from({ length: repeats }, (_, play) => [`play-${play}`, leadMs + play * apartMs]));
  const lastMs = leadMs + repeats * apartMs + scenario.requestsAtMs.at(-1)!;
  const ordinals = new Map<string, number>();
  const provider =
    (name: DeploymentName): Provider =>
    (_, seen) => {
      const requestId = seen.headers["x-client-request-id"]!;
      const key = `${name} ${requestId}`;
      const ordinal = ordinals.get(key) ?? 0;
      ordinals.set(key, ordinal + 1);
      const last = seen.body.messages.at(-1)!;
      const play = requestId.split("/")[0]!;
      const faultFromMs = load.hits === "provider" ? leadMs : beganMs.get(play);
      const asked = { ordinal, atMs: seen.atMs - (faultFromMs ?? 0), stream: seen.body.stream, prefix: last.role === "assistant" ? last.content : null };
      const isHit = faultFromMs !== undefined && seen.atMs >= faultFromMs && !requestId.endsWith("/after");
      const behaviour: Behaviour = (isHit ? scenario : healthyProviders)[name];
      return behaviour(asked);
    };
  const rig = new Rig(clock, { primary: provider("primary"), fallback: provider("fallback") }, configFor(load));
  const background: Promise<Received>[] = [];
  let count = 0;
  for (let atMs = 0; atMs < lastMs; atMs += exponential(rng, 1_000 / load.requestsPerSecond)) {
    const requestId = `load-${count++}/x`;
    const stream = rng.next() < streamShare;
    background.push(clock.sleep(atMs).then(() => rig.send({ requestId, stream })));
  }
  const plays = [...beganMs].map(([play, atMs]) => playOnce(rig, clock, { scenario, play, atMs, faultFromMs: load.hits === "provider" ? leadMs : atMs }));
  await clock.run();
  await Promise.all(background);
  return Promise.all(plays);
}

async function playOnce(rig: Rig, clock: VirtualClock, { scenario, play, atMs, faultFromMs }: { scenario: FailoverScenario; play: string; atMs: number; faultFromMs: number }): Promise<Judgement> {
  const one = async (requestId: string): Promise<CallerSaw> => {
    const startedMs = clock.nowMs();
    const received = await rig.send({ requestId, stream: true });
    return sawOf(received, startedMs - faultFromMs, received.endedMs - startedMs, scenario.capMs);
  };
  const callers = await Promise.all(
    scenario.requestsAtMs.map(async (offsetMs, index) => {
      await clock.sleep(atMs + offsetMs - clock.nowMs());
      return one(`${play}/${index}`);
    }),
  );
  const after = await one(`${play}/after`);
  const calls = callers.map((caller, index) => ({
    caller,
    attempts: rig.transport.seen
      .filter(({ headers }) => headers["x-client-request-id"] === `${play}/${index}`)
      .map((seen) => ({
        deployment: seen.deployment as DeploymentName,
        atMs: seen.atMs - faultFromMs,
        afterMs: seen.atMs - faultFromMs - caller.startedMs,
        promptUnits: seen.body.messages.reduce((sum, { content }) => sum + content.length, 0),
      })),
  }));
  return judgeScenario(scenario, { calls, after });
}

function sawOf(received: Received, startedMs: number, tookMs: number, capMs: number): CallerSaw {
  const broken = received.broken === null ? null : { code: "connection_broken", message: "" };
  return {
    startedMs,
    tookMs,
    hung: tookMs > capMs,
    stream: true,
    status: received.status,
    text: received.text,
    terminated: received.isTerminated && received.broken === null,
    error: received.errorCode === null ? broken : { code: received.errorCode, message: received.body.slice(-500) },
    model: received.model,
    hasUsage: received.usage !== null,
  };
}

function configFor({ continues }: Load): GatewayConfig {
  return configOf({
    deployments: [
      { name: "primary", dialect: "openai", model: models.primary, baseUrl: "http://primary/v1", credential: "env:PRIMARY", contextTokens: 8_000 },
      { name: "fallback", dialect: "anthropic", model: models.fallback, baseUrl: "http://fallback/v1", credential: "env:FALLBACK", continuesPrefix: continues, contextTokens: 200_000 },
    ],
    routes: [{ name: "both", deployments: ["primary", "fallback"] }],
    policy: defaultPolicy,
  });
}
