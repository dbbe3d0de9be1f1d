/** `20261122-131502-flagship-1`: the id of a run that starts now. */
export function newRunId(scenario: string, seed: number, now = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  return `${stamp}-${scenario}-${seed}`;
}
