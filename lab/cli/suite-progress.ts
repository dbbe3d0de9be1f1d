import { clockTime } from "../../observer/measure/format.ts";
import { cellName, type PlayedCell } from "../suite/cell.ts";

/** How far a suite or a comparison is, for a person who waits. */
export interface SuiteProgress extends Disposable {
  add(played: PlayedCell): void;
}

/**
 * A terminal gets one line that is drawn over, anything else a line for each cell, with the time that is left at this
 * pace.
 */
export function suiteProgress(stream: NodeJS.WriteStream, cells: number, { what = "suite", nowMs = () => performance.now() }: { readonly what?: string; readonly nowMs?: () => number } = {}): SuiteProgress {
  const startedMs = nowMs();
  let done = 0;
  // A line that is broken cannot be drawn over.
  const fitting = (text: string) => text.slice(0, Math.max(1, (stream.columns || Infinity) - 1));
  const draw = (text: string) => void stream.write(stream.isTTY ? `\r\u001B[2K${fitting(text)}` : `${text}\n`);
  if (stream.isTTY) draw(`${what}: 0 of ${cells}`);
  return {
    add: ({ result }) => {
      done++;
      const leftMs = ((nowMs() - startedMs) / done) * (cells - done);
      draw(`${what}: ${done} of ${cells}, ${clockTime(leftMs)} left at this pace; ${cellName(result.cell)}: ${result.end.replace("_", " ")}`);
    },
    [Symbol.dispose]: () => {
      if (stream.isTTY) stream.write("\r\u001B[2K");
    },
  };
}
