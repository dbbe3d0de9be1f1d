/**
 * Retry budget over all requests: a token bucket that first attempts fill and further attempts empty (Brooker, 2022).
 */
export interface Budget {
  readonly tokens: number;
}

export interface BudgetSettings {
  readonly ratio: number;
  readonly tokensMax: number;
}

export function fullBudget(settings: BudgetSettings): Budget {
  return { tokens: settings.tokensMax };
}

/** A first attempt earns `ratio` tokens, up to `tokensMax`. */
export function earn(budget: Budget, settings: BudgetSettings): Budget {
  return { tokens: Math.min(settings.tokensMax, budget.tokens + settings.ratio) };
}

/**
 * Share of the bucket that is reserved for requests without an alternative: a provider that goes down takes nearly all
 * of it before its breaker opens.
 */
const KEPT_SHARE = 0.9;

/**
 * Spends a token for an optional attempt: only from the bucket's top tenth, or, of a small bucket, only its last token.
 */
export function spendSpare(budget: Budget, { tokensMax }: BudgetSettings): Budget | null {
  return budget.tokens - 1 >= Math.min(tokensMax * KEPT_SHARE, tokensMax - 1) ? spend(budget) : null;
}

/**
 * A further attempt spends one token; null when there is none. Law: attempts <= first attempts * (1 + ratio) +
 * tokensMax.
 */
export function spend(budget: Budget): Budget | null {
  return budget.tokens >= 1 ? { tokens: budget.tokens - 1 } : null;
}
