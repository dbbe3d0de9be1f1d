import type { Plan } from "../../kernel/plan.ts";
import { clockTime } from "../../observer/measure/format.ts";

/** How far the runs are, for a person who waits. */
export interface VirtualProgress {
  /** What tells of one run. */
  of(plan: Plan): (part: "control" | "run", nowMs: number) => void;
  /** Leaves nothing half a line. */
  close(): void;
}

/** Shows nothing. */
export const noProgress: VirtualProgress = { of: () => () => {}, close: () => {} };

/** A terminal gets one line that is drawn over; anything else a line when a run begins. */
export function progressOn(stream: NodeJS.WriteStream, runs: number): VirtualProgress {
  let begun = 0;
  let drawn = false;
  const draw = (line: string) => {
    stream.write(`\r\u001B[2K${line}`);
    drawn = true;
  };
  return {
    of: (plan) => {
      begun++;
      const name = `virtual: ${plan.scenario} on ${plan.stack}, seed ${plan.seed}${runs === 1 ? "" : ` (${begun} of ${runs})`}, ${plan.arrivalCount} requests`;
      if (stream.isTTY) draw(name);
      else stream.write(`${name}\n`);
      return (part, nowMs) => {
        if (stream.isTTY) draw(`${name}${part === "control" ? ", the control" : ""}, ${clockTime(nowMs)} of ${clockTime(plan.timeline.endMs)}`);
      };
    },
    close: () => {
      if (drawn) stream.write("\r\u001B[2K");
    },
  };
}
