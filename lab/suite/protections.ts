/**
 * A protection of `hardened`. The stack `hardened-without-NAME` lacks it, so that it can be measured what it is worth.
 */
export interface Protection {
  readonly name: string;
  readonly title: string;
}

/** The six that a gateway in every path needs. */
export const sixProtections = [
  { name: "regions", title: "two regions with control planes of their own" },
  { name: "bypass", title: "break-glass" },
  { name: "contract-check", title: "contract tests" },
  { name: "ramp", title: "warm-up and ramp" },
  { name: "observer", title: "independent observability" },
  { name: "staging", title: "staged push" },
] as const satisfies readonly Protection[];

export const stackWithout = ({ name }: Pick<Protection, "name">): string => `hardened-without-${name}`;
