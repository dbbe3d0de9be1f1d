import type { ChatRequest } from "../../../kernel/chat.ts";
import type { Draw } from "../../../kernel/seams.ts";
import type { DeploymentConfig, LimitRule, LimitsConfig } from "../config.ts";
import { nanoUsdMax, priceAt, type PriceTable } from "../cost/price.ts";
import type { RequestCost } from "../cost/report.ts";
import { askedTierOf } from "../cost/tier.ts";
import { inputTokensMax } from "../cost/tokens.ts";
import { limitUnits, type LimitState, type LimitUnit } from "./state.ts";

export type Amounts = Readonly<Record<LimitUnit, number>>;

/** A draw on a team's allowance, with what it is for. */
export interface LimitDraw extends Draw {
  readonly team: string;
  readonly unit: LimitUnit;
  /** The key without its window: the allowance's name in all windows. */
  readonly name: string;
  /** When the window ends and the allowance is full again, Unix ms. */
  readonly untilMs: number;
}

const NANO = 1e9;

/** The rules for a team: its own, and those for all teams. */
export function rulesOf(limits: LimitsConfig | undefined, team: string): readonly LimitRule[] {
  return limits?.rules.filter((rule) => rule.team === team || rule.team === "*") ?? [];
}

/**
 * The draws of one request. A key names its window, counted from the Unix epoch: a late settlement goes to the window
 * that was drawn on and to no later one, and all processes agree on the windows as far as their clocks agree. The
 * braces keep a team in one slot of a cluster. `share`: the region's part of every allowance.
 */
export function drawsOf(rules: readonly LimitRule[], team: string, { amounts, wallMs, share }: { readonly amounts: Amounts; readonly wallMs: number; readonly share: number }): readonly LimitDraw[] {
  return rules.flatMap((rule) => {
    const { windowMs } = rule;
    const window = Math.floor(wallMs / windowMs);
    return allowancesOf(rule, team).map((allowance): LimitDraw => {
      const { name, unit, limit } = allowance;
      return { key: keyIn(allowance, window), name, team, unit, windowMs, limit: partOf(limit, unit, share), amount: amounts[unit], untilMs: (window + 1) * windowMs };
    });
  });
}

function partOf(limit: number, unit: LimitUnit, share: number): number {
  if (share === 1) return limit;
  return unit === "usd" ? Math.round(limit * share) : Math.max(1, Math.floor(limit * share));
}

interface Allowance extends Pick<LimitDraw, "name" | "unit" | "limit"> {
  /** The window of the last request, and the key in it: they are the same for nearly all requests. */
  last: { readonly window: number; readonly key: string } | null;
}

function keyIn(allowance: Allowance, window: number): string {
  if (allowance.last?.window !== window) allowance.last = { window, key: `${allowance.name}:${window}` };
  return allowance.last.key;
}

/** By rule and team: they are the same for every request. */
const allowances = new WeakMap<LimitRule, Map<string, readonly Allowance[]>>();

function allowancesOf(rule: LimitRule, team: string): readonly Allowance[] {
  const byTeam = allowances.get(rule) ?? new Map<string, readonly Allowance[]>();
  allowances.set(rule, byTeam);
  let known = byTeam.get(team);
  if (known === undefined) {
    known = limitUnits.flatMap((unit): Allowance[] => {
      const allowed = rule[unit];
      if (allowed === undefined) return [];
      const name = `limit:{${team}}:${rule.team === "*" ? "all" : "own"}:${unit}:${rule.windowMs}`;
      return [{ name, unit, limit: unit === "usd" ? Math.round(allowed * NANO) : allowed, last: null }];
    });
    byTeam.set(team, known);
  }
  return known;
}

/** The maximum that a request may use, whichever of the deployments answers it. Its `maxTokens` is set. */
export function maximumUse(chat: ChatRequest, world: { deployments: readonly DeploymentConfig[]; prices: PriceTable; wallMs: number }): Amounts {
  const usage = { inputTokens: inputTokensMax(chat), outputTokens: chat.maxTokens ?? 0 };
  const costs = world.deployments.map(({ model }) => {
    const price = priceAt(world.prices, model, world.wallMs);
    return price === null ? 0 : nanoUsdMax(price, usage, askedTierOf(chat));
  });
  return { requests: 1, tokens: usage.inputTokens + usage.outputTokens, usd: Math.max(0, ...costs) };
}

/**
 * What a request used over all its attempts. Undefined: nothing was billed. A cost that is not known counts as much as
 * was reserved for it, and at least as the list price of its tokens: a budget must not be exceeded by what has no
 * price.
 */
export function usedBy(cost: RequestCost | undefined, reservedNanoUsd: number): Amounts {
  if (cost === undefined) return { requests: 1, tokens: 0, usd: 0 };
  const usd = cost.isPriced ? cost.nanoUsd : Math.max(reservedNanoUsd, cost.listNanoUsd);
  return { requests: 1, tokens: cost.usage.inputTokens + cost.usage.outputTokens, usd };
}

/** A draw's allowance for display: money in dollars. */
export function limitState(draw: LimitDraw, left: number, from: "shared" | "local"): LimitState {
  const { team, unit, windowMs, limit, untilMs } = draw;
  const shown = (amount: number) => (unit === "usd" ? amount / NANO : amount);
  return { team, unit, windowMs, untilMs, from, limit: shown(limit), left: shown(left) };
}
