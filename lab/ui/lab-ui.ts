import type { FastifyInstance } from "fastify";
import { LabError } from "../../kernel/errors.ts";
import type { RunOptions, RunResult } from "../live/options.ts";
import { keptRunDirectory, keptRuns, readCatalogue } from "./catalogue.ts";
import { homePage } from "./home-page.ts";
import { liveRoutes, sendReport } from "./live-routes.ts";
import { LiveSession } from "./live-session.ts";
import { shownOn } from "./run-ui.ts";
import { sendPage, startUiServer } from "./server.ts";

/**
 * What a page may ask to be played. Everything else is the lab's default, so that no page starts a program or leaves
 * this machine.
 */
export interface RunAsked {
  readonly scenario: string;
  readonly stack: string;
  readonly seed?: number;
}

export type PlayRun = (asked: RunAsked, of: Pick<RunOptions, "hand" | "onProgress">) => Promise<RunResult>;

/** The pages of `blastlab ui`. */
export interface LabUi extends AsyncDisposable {
  readonly url: string;
}

interface Present {
  readonly scenario: string;
  readonly session: LiveSession;
  readonly done: Promise<void>;
}

/** One run at a time, and the last one until the next is started. */
class Runs {
  readonly #play: PlayRun;
  #present: Present | null = null;

  constructor(play: PlayRun) {
    this.#play = play;
  }

  get session(): LiveSession | null {
    return this.#present?.session ?? null;
  }

  /** The scenario of the run that goes on. */
  get running(): string | null {
    return this.#present === null || this.#present.session.ended !== null ? null : this.#present.scenario;
  }

  /** Throws LabError `refused` `run_goes_on`. */
  start(asked: RunAsked): void {
    const { running } = this;
    if (running !== null) throw new LabError({ exit: "refused", code: "run_goes_on", message: `Cannot start ${asked.scenario}: a run of ${running} goes on`, hint: "Watch it on its live page, or stop it there" });
    const session = new LiveSession();
    // Its page shows whatever ends it.
    const done = shownOn(session, () => this.#play(asked, session)).then(() => {}, () => {});
    this.#present = { scenario: asked.scenario, session, done };
  }

  /** Resolves when nothing goes on any more. */
  async stop(): Promise<void> {
    this.#present?.session.stop();
    await this.#present?.done;
  }
}

/**
 * Serves scenarios, stacks, incidents and the runs of `folder`, and plays what a page asks for. Rejects with LabError
 * `port_in_use`, `listen_failed`.
 */
export async function startLabUi(port: number, folder: string, play: PlayRun): Promise<LabUi> {
  const runs = new Runs(play);
  const server = await startUiServer(port, (app) => labRoutes(app, runs, folder));
  return {
    url: server.url,
    [Symbol.asyncDispose]: async () => {
      await runs.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

const runBody = {
  type: "object",
  required: ["scenario", "stack"],
  properties: { scenario: { type: "string" }, stack: { type: "string" }, seed: { type: "integer", minimum: 0 } },
} as const;

function labRoutes(app: FastifyInstance, runs: Runs, folder: string): void {
  const catalogue = readCatalogue();
  const isListed = (list: readonly { readonly name: string }[], wanted: string) => list.some(({ name }) => name === wanted);
  app.get("/", (_request, reply) => sendPage(reply, homePage({ catalogue, runs: keptRuns(folder), running: runs.running })));
  app.post<{ Body: RunAsked }>("/runs", { schema: { body: runBody } }, (request, reply) => {
    const { scenario, stack, seed } = request.body;
    // A name alone: a path would be a file of the machine.
    if (!isListed(catalogue.scenarios, scenario)) throw notListed("scenario", scenario);
    if (!isListed(catalogue.stacks, stack)) throw notListed("stack", stack);
    runs.start({ scenario, stack, ...(seed === undefined ? {} : { seed }) });
    return reply.send({ started: scenario });
  });
  app.get<{ Params: { readonly name: string } }>("/runs/:name/report.html", (request, reply) => sendReport(reply, keptRunDirectory(folder, request.params.name)));
  liveRoutes(app, () => runs.session);
}

function notListed(what: string, name: string): LabError {
  return new LabError({ exit: "refused", code: `unknown_${what}`, message: `There is no ${what} "${name}"`, hint: "Choose one of the list; files of your own are run with `npx blastlab run FILE --ui`" });
}
