import { setTimeout as sleep } from "node:timers/promises";
import { defaultPolicy, type PolicyConfig } from "../../gateway/core/config.ts";
import { call } from "./caller.ts";
import { startGatewayChild } from "./gateway-process.ts";
import { judgeScenario, type CallerSaw, type Evidence, type Judgement } from "./judge.ts";
import { healthyProviders, models, type DeploymentName, type FailoverScenario } from "./scenarios.ts";
import { Wall, type WallAsked } from "./wall.ts";

export interface Variant {
  readonly stream: boolean;
  /** Whether the fallback can go on from a prefix, or has to replay. */
  readonly continues: boolean;
  /** Real ms for each ms of the scenario and of the gateway's own settings. */
  readonly scale: number;
}

export interface Played extends Judgement {
  /** From 1. */
  readonly round: number;
  readonly scenario: FailoverScenario;
  readonly evidence: Evidence;
}

/**
 * The scenarios that a variant has, all at once against one gateway process, over real sockets: each has deployments
 * and a route of its own, and they share the process and its retry budget. Rounds follow one another on the same
 * process, which keeps what it has learned. Times in the judgements are the scenarios' own.
 */
export async function playLive(scenarios: readonly FailoverScenario[], variant: Variant, rounds = 1): Promise<readonly Played[]> {
  const played = scenarios.filter(({ streamOnly }) => variant.stream || !streamOnly);
  let beganMs = Date.now();
  const play = ({ deployment, requestId, ...asked }: WallAsked) => {
    const [id, name] = deployment.split("-") as [string, DeploymentName];
    const scenario = played.find((each) => each.id === id)!;
    const isFaulty = requestId.startsWith("request-");
    return (isFaulty ? scenario : healthyProviders)[name]({ ...asked, atMs: (Date.now() - beganMs) / variant.scale });
  };
  await using wall = await Wall.start(play, variant.scale);
  await using gateway = await startGatewayChild(gatewayConfig(wall, variant, played));
  /** Connections and compiled code: the first request of a process is not one that is timed. */
  await Promise.all(played.map(({ id }) => call({ url: gateway.url, requestId: `before-${id}`, route: id, stream: variant.stream, capMs: 60_000 })));
  const results: Played[] = [];
  for (let round = 1; round <= rounds; round++) {
    beganMs = Date.now();
    const world = { wall, url: gateway.url, beganMs, variant, round };
    results.push(...(await Promise.all(played.map(async (scenario) => ({ round, scenario, ...(await playOne(scenario, world)) })))));
  }
  return results;
}

async function playOne(
  scenario: FailoverScenario,
  { wall, url, beganMs, variant: { stream, scale }, round }: { wall: Wall; url: string; beganMs: number; variant: Variant; round: number },
): Promise<Judgement & { readonly evidence: Evidence }> {
  const ownMs = (unixMs: number) => (unixMs - beganMs) / scale;
  const one = async (name: string, capMs: number): Promise<CallerSaw> => {
    const startedMs = ownMs(Date.now());
    const called = await call({ url, requestId: `${name}-${scenario.id}-${round}`, route: scenario.id, stream, capMs: capMs * scale });
    return { ...called, startedMs, tookMs: called.tookMs / scale };
  };
  const callers = await Promise.all(
    scenario.requestsAtMs.map(async (atMs, index) => {
      await sleep(Math.max(0, beganMs + atMs * scale - Date.now()));
      return one(`request-${index}`, scenario.capMs);
    }),
  );
  const after = await one("after", 60_000);
  const calls = callers.map((caller, index) => ({
    caller,
    attempts: wall.seen
      .filter(({ requestId }) => requestId === `request-${index}-${scenario.id}-${round}`)
      .map(({ deployment, arrivedMs, promptUnits }) => ({
        deployment: deployment.split("-")[1] as DeploymentName,
        atMs: ownMs(arrivedMs),
        afterMs: ownMs(arrivedMs) - caller.startedMs,
        promptUnits,
      })),
  }));
  const evidence = { calls, after };
  return { ...judgeScenario(scenario, evidence), evidence };
}

/** The gateway's defaults, in the scenarios' time; the fallback speaks Anthropic's dialect. */
function gatewayConfig(wall: Wall, { continues, scale }: Variant, scenarios: readonly FailoverScenario[]): object {
  const deployment = (name: string, extra: object) => ({ name, baseUrl: wall.baseUrl(name), credential: "env:WALL_KEY", ...extra });
  return {
    keys: [{ key: "vk-failover", team: "team", feature: "feature" }],
    deployments: scenarios.flatMap(({ id }) => [
      deployment(`${id}-primary`, { dialect: "openai", model: models.primary, contextTokens: 8_000 }),
      deployment(`${id}-fallback`, { dialect: "anthropic", model: models.fallback, continuesPrefix: continues, contextTokens: 200_000 }),
    ]),
    routes: scenarios.map(({ id }) => ({ name: id, deployments: [`${id}-primary`, `${id}-fallback`] })),
    policy: scaled(defaultPolicy, scale),
  };
}

/** Every time in it times `scale`. */
function scaled(policy: PolicyConfig, scale: number): unknown {
  const timesOf = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, typeof each === "number" && /Ms(Max|Min)?$/.test(key) ? Math.max(1, Math.round(each * scale)) : timesOf(each)]));
  };
  return timesOf(policy);
}
