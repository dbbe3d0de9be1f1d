/** To a stream's first token or to the end of a whole answer: times that cannot be compared, so each kind is measured and weighed by itself. */
export type AnswerKind = "stream" | "whole";

/** How long deployments took to their commit point for one kind of answer, smoothed exponentially. */
export type Latencies = Readonly<Record<string, number>>;

const SMOOTHING = 0.2;

/** A new figure taken in. */
export function smoothed(latencies: Latencies, deployment: string, latencyMs: number): Latencies {
  const before = latencies[deployment];
  return { ...latencies, [deployment]: before === undefined ? latencyMs : before + SMOOTHING * (latencyMs - before) };
}

/**
 * An attempt that was left, or timed out, before its commit point: it would have taken longer than this. It counts where that is longer than what is known,
 * else a deployment that hangs, and loses to every hedge, would pass for one that was never measured.
 */
export function smoothedAtLeast(latencies: Latencies, deployment: string, atLeastMs: number): Latencies {
  const known = latencies[deployment] ?? Math.min(...Object.values(latencies));
  return atLeastMs > known ? smoothed(latencies, deployment, atLeastMs) : latencies;
}

/**
 * A route in the order in which one request tries it. Deployments that have a weight are equals and stand where the first of them stands, in an order
 * drawn by weight over latency: so the share of one that is passed over is spread over the others as theirs are. One that has not been measured
 * counts as the fastest of them, so that it is; a slow one keeps a share, so that its recovery is seen.
 */
export function balanced(route: readonly string[], weights: Readonly<Record<string, number>>, latencies: Latencies, draw: number): readonly string[] {
  const equals = route.filter((deployment) => (weights[deployment] ?? 0) > 0);
  if (equals.length < 2) return route;
  const fastestMs = Math.min(...equals.map((deployment) => latencies[deployment] ?? Infinity));
  const latencyOf = (deployment: string) => Math.max(1, latencies[deployment] ?? (fastestMs === Infinity ? 1 : fastestMs));
  const isEqual = new Set(equals);
  const before = route.slice(0, route.indexOf(equals[0]!));
  const after = route.slice(before.length).filter((deployment) => !isEqual.has(deployment));
  return [...before, ...shuffled(equals, (deployment) => weights[deployment]! / latencyOf(deployment), draw), ...after];
}

/** Drawn one after another, each by its score among those that are left. What is left of a draw within the share that it hit is uniform again. */
function shuffled(deployments: readonly string[], scoreOf: (deployment: string) => number, draw: number): readonly string[] {
  const order: string[] = [];
  let left = deployments;
  let uniform = draw;
  while (left.length > 1) {
    const drawn = drawnOf(left, scoreOf, uniform);
    order.push(drawn.deployment);
    uniform = drawn.uniform;
    left = left.filter((deployment) => deployment !== drawn.deployment);
  }
  return [...order, ...left];
}

function drawnOf(deployments: readonly string[], scoreOf: (deployment: string) => number, uniform: number): { deployment: string; uniform: number } {
  let rest = uniform * deployments.reduce((sum, deployment) => sum + scoreOf(deployment), 0);
  for (const deployment of deployments) {
    const score = scoreOf(deployment);
    if (rest < score) return { deployment, uniform: rest / score };
    rest -= score;
  }
  return { deployment: deployments.at(-1)!, uniform: 0 };
}
