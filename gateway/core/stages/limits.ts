import type { Clock, Drawn, Reservation, Store } from "../../../kernel/seams.ts";
import { StoreError } from "../../../kernel/seams.ts";
import { orAborted } from "../../../kernel/signal.ts";
import type { Call, Stage } from "../call.ts";
import type { DeploymentConfig, LimitRule, LimitsConfig } from "../config.ts";
import { countTokensInPieces } from "../cost/tokens.ts";
import { drawsOf, type LimitDraw, maximumUse, rulesOf, usedBy } from "../limits/draws.ts";
import type { LimitBook } from "../limits/limit-book.ts";
import type { RegionShare } from "../limits/region-share.ts";
import { overLimit } from "../limits/refusal.ts";
import { pausesOf } from "../pause.ts";
import { rejected } from "../replies.ts";

interface LimitSeams {
  readonly clock: Clock;
  readonly store: Store;
  readonly book: LimitBook;
  readonly regionShare: RegionShare;
}

/**
 * Limits requests, tokens and money of a team. The most that a request may use is reserved before it and settled after
 * it, so that no window is overdrawn, however many requests arrive at once. What a request did not use is returned when
 * it ends, however it ends.
 */
export function limits(seams: LimitSeams): Stage {
  return (next) => async (call) => {
    const { config } = call;
    const rules = rulesOf(config.limits, call.team);
    if (config.limits === undefined || rules.length === 0) return next(call);
    limitOutput(call, rules, config.limits);
    if (call.chat.source?.long !== undefined) await countTokensInPieces(call.chat, pausesOf(seams.clock, call.signal));
    const wallMs = seams.clock.wallMs();
    const amounts = maximumUse(call.chat, { deployments: deploymentsOf(call), prices: config.prices ?? {}, wallMs });
    const draws = drawsOf(rules, call.team, { amounts, wallMs, share: seams.regionShare.of(config.limits.regionShare ?? 1) });
    const drawn = await draw(call, draws, seams, config.limits.storeMs);
    if (drawn === null) {
      const message = "The gateway cannot read this team's limits";
      return rejected("limits", { status: 503, type: "server_error", code: "limits_unavailable", message }, { "retry-after": "1" });
    }
    if (!drawn.ok) {
      const refused = draws[drawn.at]!;
      seams.book.recordRefusal(refused, drawn.left);
      return overLimit(refused, wallMs, seams.book.isHeld(refused, drawn.left));
    }
    settleOnFinish(call, draws, drawn.reservation, seams, config.limits.storeMs);
    return await next(call);
  };
}

/**
 * Sets `max_tokens` where the client sent none and tokens or money are limited: a reservation must bound what can be
 * used. Vectors are not output.
 */
function limitOutput(call: Call, rules: readonly LimitRule[], { outputTokensDefault }: LimitsConfig): void {
  if (call.chat.embedding !== undefined) return;
  const isCounted = rules.some(({ tokens, usd }) => tokens !== undefined || usd !== undefined);
  if (isCounted && call.chat.maxTokens === null) call.replaceChat({ ...call.chat, maxTokens: outputTokensDefault });
}

function deploymentsOf(call: Call): readonly DeploymentConfig[] {
  return call.config.deployments.filter(({ name }) => call.route.deployments.includes(name));
}

/** Null: the store did not answer. A client that leaves meanwhile leaves nothing reserved. */
async function draw(call: Call, draws: readonly LimitDraw[], { clock, store }: LimitSeams, storeMs: number): Promise<Drawn | null> {
  const drawing = store.reserveAll(draws, clock.nowMs() + storeMs);
  try {
    return await orAborted(drawing, call.signal);
  } catch (error) {
    if (error instanceof StoreError) return null;
    const none = draws.map(() => 0);
    drawing.then((late) => (late.ok ? late.reservation.settle(none, clock.nowMs() + storeMs) : undefined)).catch(() => {});
    throw error;
  }
}

/** Settles when the request ends, however it ends, by what its attempts were billed. */
function settleOnFinish(call: Call, draws: readonly LimitDraw[], reservation: Reservation, { clock, book }: LimitSeams, storeMs: number): void {
  book.recordDraw(draws, reservation);
  call.onFinish(() => {
    const amounts = draws.map(({ unit, amount }) => usedBy(call.reports.cost, amount)[unit]);
    book.recordSettlement(draws, amounts);
    reservation.settle(amounts, clock.nowMs() + storeMs).catch(() => {});
  });
}
