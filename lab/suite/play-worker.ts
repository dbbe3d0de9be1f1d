/**
 * A child of the suite: plays the cells that it is sent in virtual time, one after the other, and sends back each
 * result.
 */
import { Cancelled, Canceller } from "../../kernel/signal.ts";
import type { Cell } from "./cell.ts";
import { playVirtual } from "./play-virtual.ts";

export interface WorkerTask {
  readonly cell: Cell;
  /** Folder for its run directory. Null: it is not kept. */
  readonly keepIn: string | null;
}

const stopped = new Canceller();

// The parent handles Ctrl-C, and its end by whatever cause is the end of this process.
process.on("SIGINT", () => {});
process.on("disconnect", () => stopped.cancel("disconnected"));

process.on("message", ({ cell, keepIn }: WorkerTask) => {
  playVirtual(cell, { keepIn, signal: stopped.signal }).then(
    (played) => void (process.connected && process.send!(played)),
    (error: unknown) => {
      if (!(error instanceof Cancelled)) throw error;
    },
  );
});
