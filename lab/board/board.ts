import { createLogUpdate } from "log-update";
import { boardFrame, plainLine } from "./frame.ts";
import { progressLines, type ProgressLine } from "./json-lines.ts";
import { paintFor } from "./paint.ts";
import { partText, type ProgressEvent } from "./progress.ts";
import { advance, emptyBoard } from "./state.ts";

const plainEveryMs = 5_000;
const columnsDefault = 80;

/** Shows a run while it goes on. */
export interface Board {
  readonly onProgress: (event: ProgressEvent) => void;
  /** Leaves the last frame standing. */
  close(): void;
}

/** Shows nothing. */
export const noBoard: Board = { onProgress: () => {}, close: () => {} };

/** A terminal gets a board that is drawn over; anything else gets a line a stage and a line every 5 s of the run. */
export function startBoard(stream: NodeJS.WriteStream): Board {
  const drawable = stream.isTTY && process.env["TERM"] !== "dumb" && stream.columns > 0 && stream.rows > 0;
  return drawable ? terminalBoard(stream) : plainBoard(stream);
}

/** A program gets an object a line; a terminal has a person before it, and gets a board all the same. */
export function startJsonBoard(stream: NodeJS.WriteStream): Board {
  if (stream.isTTY) return startBoard(stream);
  const lineOf = progressLines();
  return {
    onProgress(event) {
      const line = lineOf(event);
      if (line !== null) writeProgressLine(stream, line);
    },
    close() {},
  };
}

export function writeProgressLine(stream: NodeJS.WritableStream, line: ProgressLine): void {
  stream.write(`${JSON.stringify(line)}\n`);
}

function terminalBoard(stream: NodeJS.WriteStream): Board {
  const update = createLogUpdate(stream);
  const paint = paintFor(stream);
  let state = emptyBoard;
  return {
    onProgress(event) {
      state = advance(state, event);
      update(boardFrame(state, paint, stream.columns || columnsDefault));
    },
    close: () => update.done(),
  };
}

function plainBoard(stream: NodeJS.WritableStream): Board {
  let state = emptyBoard;
  let nextMs = 0;
  const writeLine = (line: string) => void stream.write(`${line}\n`);
  return {
    onProgress(event) {
      state = advance(state, event);
      if (event.type === "stage") writeLine(`${event.name.replace("_", "-")}: ${event.detail}`);
      if (event.type === "plan") {
        nextMs = 0;
        writeLine(`${event.part === undefined ? "" : `${partText(event.part)}, `}run directory: ${event.directory}`);
      }
      if (event.type === "fault") writeLine(`fault ${event.record.fault} ${event.record.action} at ${Math.round(event.record.atMs)} ms${event.record.detail === "" ? "" : `: ${event.record.detail}`}`);
      if (event.type === "live" && event.live.atMs >= nextMs) {
        writeLine(plainLine(state));
        nextMs = event.live.atMs + plainEveryMs;
      }
    },
    close() {},
  };
}
