/**
 * A stream's latency is that of its first token, a whole answer's that of its end. The two cannot be compared, so each
 * kind is measured and weighed on its own.
 */
export type AnswerKind = "stream" | "whole";

/** Exponentially smoothed latency to the commit point, by deployment, for one kind of answer. */
export type Latencies = Readonly<Record<string, number>>;

const SMOOTHING = 0.2;

/** Adds a measured latency. */
export function smoothed(latencies: Latencies, deployment: string, latencyMs: number): Latencies {
  const before = latencies[deployment];
  return { ...latencies, [deployment]: before === undefined ? latencyMs : before + SMOOTHING * (latencyMs - before) };
}

/**
 * Adds an attempt that was abandoned, or timed out, before its commit point: it would have taken longer than
 * `atLeastMs`. It counts only where that exceeds the known latency. Otherwise a deployment that hangs, and loses to
 * every hedge, would pass for one that was never measured.
 */
export function smoothedAtLeast(latencies: Latencies, deployment: string, atLeastMs: number): Latencies {
  const known = latencies[deployment] ?? Math.min(...Object.values(latencies));
  return atLeastMs > known ? smoothed(latencies, deployment, atLeastMs) : latencies;
}

/**
 * A route in the order in which one request tries it. Deployments with a weight are equals. They stand where the first
 * of them stands, in an order drawn by weight over latency, so that the share of one that is passed over is spread over
 * the others in proportion. One that has not been measured counts as the fastest, so that it gets measured. A slow one
 * keeps a share, so that its recovery is noticed.
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

/**
 * Draws one after another, each by its score among those that remain. What remains of a draw within the share that it
 * hit is uniform again.
 */
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
