import type { GatewayConfig, LimitRule } from "../core/config.ts";
import type { PriceTable } from "../core/cost/price.ts";
import type { RuleViolation } from "./rule-violation.ts";
import { limitUnits } from "../core/limits/state.ts";

/**
 * Violations in limits, shedding and prices: a limit that no request could satisfy, or money that cannot be counted.
 */
export function governanceViolations(config: GatewayConfig): readonly RuleViolation[] {
  return [...ruleViolations(config), ...priceViolations(config), ...sheddingViolations(config)];
}

function ruleViolations({ limits, keys }: GatewayConfig): RuleViolation[] {
  const rules = limits?.rules ?? [];
  const teams = new Set(["*", ...keys.map(({ team }) => team)]);
  return rules.flatMap((rule, index): RuleViolation[] => {
    const path = `limits.rules[${index}]`;
    const units = limitUnits.filter((unit) => rule[unit] !== undefined);
    if (units.length === 0) return [{ path, message: `Expected at least one of ${limitUnits.join(", ")}` }];
    const unknown = teams.has(rule.team) ? [] : [{ path: `${path}.team`, message: `No key is of team "${rule.team}"` }];
    const twice = units.flatMap((unit) => {
      const first = rules.findIndex((other) => isSame(other, rule) && other[unit] !== undefined);
      return first === index ? [] : [{ path: `${path}.${unit}`, message: `limits.rules[${first}] already limits it for this team and window` }];
    });
    return [...unknown, ...twice];
  });
}

function isSame(one: LimitRule, other: LimitRule): boolean {
  return one.team === other.team && one.windowMs === other.windowMs;
}

function priceViolations({ deployments, limits, prices = {}, unknownModel }: GatewayConfig): RuleViolation[] {
  const countsMoney = limits?.rules.some(({ usd }) => usd !== undefined) ?? false;
  if (!countsMoney && unknownModel !== "error") return [];
  const why = countsMoney ? "a limit counts money" : "cost.unknownModel is error";
  return deployments.flatMap(({ model }, index) => {
    const missing = missingPrice(prices, model);
    return missing === null ? [] : [{ path: `deployments[${index}].model`, message: `"${model}" has no price${missing}, and ${why}: add it to cost.prices` }];
  });
}

/**
 * Null: it has a price for all time. A price that ends without a successor would make the model free from that day on,
 * for whoever counts money.
 */
function missingPrice(prices: PriceTable, model: string): string | null {
  const last = Object.hasOwn(prices, model) ? prices[model]!.at(-1) : undefined;
  if (last === undefined) return "";
  return last.toMs === Infinity ? null : " for ever: its last one ends";
}

/** A priority may not be shed later than a higher one. */
function sheddingViolations({ shedding }: GatewayConfig): RuleViolation[] {
  if (shedding === undefined) return [];
  const { low = 1, normal = 1, high = 1 } = shedding;
  const path = "shedding";
  return [
    ...(low > normal ? [{ path: `${path}.low`, message: `Expected at most normal's ${normal}, got ${low}` }] : []),
    ...(normal > high ? [{ path: `${path}.normal`, message: `Expected at most high's ${high}, got ${normal}` }] : []),
  ];
}
