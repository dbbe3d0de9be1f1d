import type { Clock } from "../../../kernel/clock.ts";
import type { Stage } from "../call.ts";
import { costOf } from "../cost/request-cost.ts";
import { askedTierOf } from "../cost/tier.ts";
import { estimatedInputTokens } from "../cost/tokens.ts";

/** Reports what the request's attempts were billed, once it has ended, however it ends. Nothing billed: no report. */
export function cost(clock: Clock): Stage {
  return (next) => (call) => {
    call.onFinish(() => {
      const { deployments, prices = {} } = call.config;
      const promptTokens = () => estimatedInputTokens(call.chat);
      const askedTier = () => askedTierOf(call.chat);
      const total = costOf(call.attempts, { deployments, prices, wallMs: clock.wallMs(), promptTokens, hasOutput: call.hasOutput, askedTier });
      if (total.legs.length > 0) call.reports.cost = total;
    });
    return next(call);
  };
}
