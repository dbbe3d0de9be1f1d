/** How long a deployment took to its commit point, smoothed exponentially. */
export type Latencies = Readonly<Record<string, number>>;

const SMOOTHING = 0.2;

/** A new figure taken in. */
export function smoothed(latencies: Latencies, deployment: string, latencyMs: number): Latencies {
  const before = latencies[deployment];
  return { ...latencies, [deployment]: before === undefined ? latencyMs : before + SMOOTHING * (latencyMs - before) };
}

/**
 * A route in the order in which one request tries it. Deployments that have a weight are equals and stand where the first of them stands: the
 * one to begin with is drawn by weight over latency, the others follow by the same score. One that has not been measured counts as the
 * fastest of them, so that it is; a slow one keeps a share, so that its recovery is seen.
 */
export function balanced(route: readonly string[], weights: Readonly<Record<string, number>>, latencies: Latencies, draw: number): readonly string[] {
  const equals = route.filter((deployment) => (weights[deployment] ?? 0) > 0);
  if (equals.length < 2) return route;
  const fastestMs = Math.min(...equals.map((deployment) => latencies[deployment] ?? Infinity));
  const latencyOf = (deployment: string) => Math.max(1, latencies[deployment] ?? (fastestMs === Infinity ? 1 : fastestMs));
  const scoreOf = (deployment: string) => weights[deployment]! / latencyOf(deployment);
  const first = drawn(equals, scoreOf, draw);
  const rest = equals.filter((deployment) => deployment !== first).sort((a, b) => scoreOf(b) - scoreOf(a));
  const isEqual = new Set(equals);
  const before = route.slice(0, route.indexOf(equals[0]!));
  const after = route.slice(before.length).filter((deployment) => !isEqual.has(deployment));
  return [...before, first, ...rest, ...after];
}

function drawn(equals: readonly string[], scoreOf: (deployment: string) => number, draw: number): string {
  let left = draw * equals.reduce((sum, deployment) => sum + scoreOf(deployment), 0);
  for (const deployment of equals) {
    left -= scoreOf(deployment);
    if (left < 0) return deployment;
  }
  return equals.at(-1)!;
}
