/** Retry budget over all requests: a token bucket that first attempts fill and further attempts empty (Brooker, 2022). */
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

/** For what could be done without: it leaves half of the bucket to those who have no other way. */
export function spendSpare(budget: Budget, settings: BudgetSettings): Budget | null {
  return budget.tokens - 1 >= settings.tokensMax / 2 ? spend(budget) : null;
}

/** A further attempt spends one token; null when there is none. Law: attempts <= first attempts * (1 + ratio) + tokensMax. */
export function spend(budget: Budget): Budget | null {
  return budget.tokens >= 1 ? { tokens: budget.tokens - 1 } : null;
}
