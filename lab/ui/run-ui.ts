import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../kernel/errors.ts";
import type { RunResult } from "../live/options.ts";
import { liveRoutes, type Onlookers } from "./live-routes.ts";
import { LiveSession } from "./live-session.ts";
import { startUiServer } from "./server.ts";

/** The live page of one run. */
export interface RunUi extends AsyncDisposable {
  readonly url: string;
  readonly session: LiveSession;
  /** Whether a page is open. */
  readonly isSeen: boolean;
  /** Resolves when no page has been open for a while, or on Ctrl-C. */
  left(): Promise<void>;
}

/** A page that is loaded again is away for a moment. */
const awayMs = 3_000;
const lookEveryMs = 250;

/** Rejects with LabError `port_in_use`, `listen_failed`. */
export async function startRunUi(port: number): Promise<RunUi> {
  const session = new LiveSession();
  let onlookers: Onlookers = { count: 0 };
  const server = await startUiServer(port, (app) => void (onlookers = liveRoutes(app, () => session)));
  return {
    url: `${server.url}live/`,
    session,
    get isSeen() {
      return onlookers.count > 0;
    },
    left: () => left(onlookers),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function left(onlookers: Onlookers): Promise<void> {
  let isInterrupted = false;
  const interrupt = () => void (isInterrupted = true);
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  for (let seenMs = performance.now(); !isInterrupted && performance.now() - seenMs < awayMs; await sleep(lookEveryMs)) {
    if (onlookers.count > 0) seenMs = performance.now();
  }
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
}

/** Plays a run and shows its end on its page, whatever that is. */
export async function shownOn(session: LiveSession, play: () => Promise<RunResult>): Promise<RunResult> {
  try {
    const result = await play();
    const { verdict, reasons } = result.verdict;
    session.end({ verdict, reason: reasons[0] ?? "", directory: result.directory });
    return result;
  } catch (error) {
    session.end({ verdict: null, reason: messageOf(error), directory: session.directory });
    throw error;
  }
}
