import { clockTime } from "../../observer/measure/format.ts";
import type { Census } from "../incidents/census.ts";

/** How far a verification is, and when it will end at this pace. */
export interface VerifyProgress extends Disposable {
  begin(census: Pick<Census, "totals">): void;
  advance(phases: number): void;
  /** Removes the line, so that something else can be written. */
  clear(): void;
}

/** A terminal's line is drawn again after so long, any other stream gets a line. */
const everyMs = { terminal: 200, other: 30_000 };

/** Progress on stderr: one line that is drawn over on a terminal, else one each half a minute. */
export function verifyProgress(stream: NodeJS.WriteStream, nowMs: () => number = () => performance.now()): VerifyProgress {
  const state = { phases: 0, done: 0, startedMs: 0, shownMs: 0, drawn: false };
  const clear = () => {
    if (state.drawn) stream.write("\r\u001B[2K");
    state.drawn = false;
  };
  return {
    begin: ({ totals }) => {
      state.phases = totals.phases;
      state.startedMs = state.shownMs = nowMs();
    },
    advance: (phases) => {
      state.done += phases;
      const at = nowMs();
      if (at - state.shownMs < (stream.isTTY ? everyMs.terminal : everyMs.other)) return;
      state.shownMs = at;
      const leftMs = ((at - state.startedMs) / state.done) * (state.phases - state.done);
      const line = `verified ${state.done} of ${state.phases} phases, ${clockTime(leftMs)} left at this pace`;
      stream.write(stream.isTTY ? `\r\u001B[2K${line}` : `${line}\n`);
      state.drawn = stream.isTTY;
    },
    clear,
    [Symbol.dispose]: clear,
  };
}
