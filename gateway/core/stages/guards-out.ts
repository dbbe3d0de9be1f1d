import type { Call, Stage } from "../call.ts";
import type { GuardReport } from "../guards/report.ts";
import type { PiiConfig, PiiKind } from "../guards/settings.ts";
import { ScrubFilter } from "../guards/scrub-filter.ts";
import { filterAnswer } from "../guards/answer-filter.ts";

/**
 * Replaces personal data in the answer that the request did not hold, as it streams: `[EMAIL]`. The cache does not keep
 * such an answer.
 */
export function answerGuard(settings: PiiConfig): Stage {
  return (next) => async (call) => {
    const reply = await next(call);
    if (reply.kind === "error") return reply;
    const found = reportTo(call);
    const asksJson = call.chat.output !== undefined;
    return { ...reply, events: filterAnswer(reply.events, (isJson) => new ScrubFilter(settings.kinds, found, isJson || asksJson)) };
  };
}

/** One report a request, which counts what was found so far. */
function reportTo({ reports }: Call): (kind: PiiKind) => void {
  const counts = new Map<PiiKind, number>();
  let others: readonly GuardReport[] | null = null;
  return (kind) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    others ??= reports.guards ?? [];
    reports.guards = [...others, { guard: "pii", action: "scrubbed_answer", detail: [...counts].map(([name, count]) => `${name}:${count}`).join(",") }];
  };
}
