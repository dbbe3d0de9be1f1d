/** A violated rule of a config that passed the schema, and its place: `routes[1].deployments[0]`. */
export interface RuleViolation {
  readonly path: string;
  readonly message: string;
}

export function outOfRange(path: string, value: number, min: number, max: number): RuleViolation[] {
  if (value >= min && value <= max) return [];
  const wanted = max === Infinity ? `at least ${min}` : `${min} to ${max}`;
  return [{ path, message: `Expected ${wanted}, got ${Number.isNaN(value) ? "nothing" : value}` }];
}
