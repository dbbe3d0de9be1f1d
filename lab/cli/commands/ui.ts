import { once } from "node:events";
import { runLive } from "../../live/run-live.ts";
import { startLabUi } from "../../ui/lab-ui.ts";
import type { Io } from "../io.ts";

/**
 * `blastlab ui`: serves the runs of this directory's `runs/`, where those that it starts are kept, until Ctrl-C, which
 * also ends a run that goes on.
 */
export async function uiCommand({ uiPort = 0 }: { readonly uiPort?: number }, io: Io): Promise<void> {
  await using ui = await startLabUi(uiPort, "runs", (asked, { hand, onProgress }) =>
    runLive({ ...asked, sets: [], load: "embedded", network: "auto", onProgress, ...(hand === undefined ? {} : { hand }) }),
  );
  io.stdout.write(`${ui.url}\nCtrl-C ends it, and a run that goes on.\n`);
  const stopping = new AbortController();
  await Promise.race(["SIGINT", "SIGTERM", "SIGHUP"].map((name) => once(process, name, { signal: stopping.signal })));
  stopping.abort();
}
