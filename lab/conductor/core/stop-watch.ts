import type { Plan, StopCondition } from "../../../kernel/plan.ts";
import type { LiveLine, RunStop } from "../../../kernel/records.ts";

/**
 * Holds what the observer shows of a run against its stop conditions. It goes by live lines, which are a preview: the
 * verdict measures again.
 */
export interface StopWatch {
  observe(live: LiveLine): void;
}

/**
 * Calls `onStop` once, with the first condition that is met after the faults began. A run without faults has nothing to
 * stop.
 */
export function stopWatch({ timeline, measure, faults, stopWhen = [] }: Plan, onStop: (stop: RunStop) => void): StopWatch {
  const conditions = faults.length === 0 ? [] : stopWhen;
  const lines: LiveLine[] = [];
  let before: LiveLine | null = null;
  let stopped = false;
  return {
    observe: (live) => {
      if (stopped || conditions.length === 0) return;
      if (live.atMs <= timeline.faultFromMs) before = live;
      lines.push(live);
      while (lines.length > 1 && lines[1]!.atMs <= live.atMs - measure.windowMs) lines.shift();
      if (live.atMs <= timeline.faultFromMs) return;
      const seen = { live, before, window: spanOf(lines[0]!, live), requestsMin: measure.requestsMin };
      const tripped = conditions.map((condition) => tripOf(condition, seen)).find((text) => text !== null);
      if (tripped === undefined) return;
      stopped = true;
      onStop({ atMs: live.atMs, condition: tripped });
    },
  };
}

interface Seen {
  readonly live: LiveLine;
  /** The last line before the faults; null: none came. */
  readonly before: LiveLine | null;
  readonly window: ReturnType<typeof spanOf>;
  readonly requestsMin: number;
}

/** What came between two lines. */
function spanOf(from: LiveLine, to: LiveLine) {
  const attempts = (line: LiveLine) => Object.values(line.perDeployment).reduce((sum, each) => sum + each.attempts, 0);
  return { lengthMs: to.atMs - from.atMs, done: to.done - from.done, bad: to.bad - from.bad, attempts: attempts(to) - attempts(from) };
}

/** Null: not met, or too few requests to tell. */
function tripOf({ measure, above }: StopCondition, { live, before, window, requestsMin }: Seen): string | null {
  const text = (value: number, of: string) => (value > above ? `${measure} was ${Number(value.toFixed(3))} ${of}, above ${above}` : null);
  const inWindow = `in ${Number((window.lengthMs / 1_000).toFixed(1))} s`;
  const sinceFaults = "since the faults began";
  switch (measure) {
    case "badShare":
      return window.done < requestsMin ? null : text(window.bad / window.done, inWindow);
    case "amplification":
      return window.done < requestsMin ? null : text(window.attempts / window.done, inWindow);
    case "badRequests":
      return text(live.bad - (before?.bad ?? 0), sinceFaults);
    case "wrongAnswers":
      return text((live.badByCause["wrong"] ?? 0) - (before?.badByCause["wrong"] ?? 0), sinceFaults);
  }
}
