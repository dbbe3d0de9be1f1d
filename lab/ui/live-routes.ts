import { readFile } from "node:fs/promises";
import path from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { BreakGlassWindow } from "../../kernel/action.ts";
import { streamLive } from "./event-stream.ts";
import { livePage } from "./live-page.ts";
import type { LiveSession } from "./live-session.ts";
import { refused, sendPage } from "./server.ts";

/** Who looks at live pages now. */
export interface Onlookers {
  readonly count: number;
}

/**
 * The live page of the present run, under `live/`: the page, its events, the stop button, and the report when the run
 * has ended.
 */
export function liveRoutes(app: FastifyInstance, present: () => LiveSession | null): Onlookers {
  let count = 0;
  const withRun = (reply: FastifyReply, act: (session: LiveSession) => FastifyReply | Promise<FastifyReply>) => {
    const session = present();
    return session === null ? refused(reply, 404, "No run goes on") : act(session);
  };
  app.get("/live/", (_request, reply) => withRun(reply, (session) => sendPage(reply, livePage(session.parts))));
  app.get("/live/events", (_request, reply) =>
    withRun(reply, (session) => {
      reply.hijack();
      count++;
      streamLive(session, reply.raw, () => void count--);
      return reply;
    }),
  );
  app.post("/live/stop", (_request, reply) => withRun(reply, (session) => (session.stop() ? reply.send({ stopped: true }) : refused(reply, 409, "The run has ended already"))));
  app.post<{ Body: { readonly text: string } }>("/live/notes", { schema: { body: noteBody } }, (request, reply) => withRun(reply, (session) => reply.send(session.note(request.body.text))));
  app.post<{ Body: { readonly fault: string; readonly lengthMs: number } }>("/live/faults", { schema: { body: injectBody } }, (request, reply) =>
    withRun(reply, ({ hand }) => reply.send({ fault: hand.inject(request.body.fault, request.body.lengthMs).id })),
  );
  app.post<{ Body: { readonly fault: string } }>("/live/faults/lift", { schema: { body: liftBody } }, (request, reply) =>
    withRun(reply, ({ hand }) => {
      hand.lift(request.body.fault);
      return reply.send({ lifted: request.body.fault });
    }),
  );
  app.post<{ Body: { readonly team: string } & BreakGlassWindow }>("/live/break-glass", { schema: { body: glassBody } }, (request, reply) =>
    withRun(reply, ({ hand }) => {
      const { team, ...window } = request.body;
      hand.openBypass(team, window);
      return reply.send({ team });
    }),
  );
  app.post<{ Body: { readonly team: string } }>("/live/break-glass/back", { schema: { body: teamBody } }, (request, reply) =>
    withRun(reply, ({ hand }) => {
      hand.closeBypass(request.body.team);
      return reply.send({ team: request.body.team });
    }),
  );
  app.get("/live/report.html", (_request, reply) => withRun(reply, (session) => sendReport(reply, session.ended?.directory ?? null)));
  return {
    get count() {
      return count;
    },
  };
}

const liftBody = { type: "object", required: ["fault"], properties: { fault: { type: "string" } } } as const;
const injectBody = { type: "object", required: ["fault", "lengthMs"], properties: { fault: { type: "string" }, lengthMs: { type: "integer" } } } as const;
const teamBody = { type: "object", required: ["team"], properties: { team: { type: "string" } } } as const;
const glassBody = {
  type: "object",
  required: ["team", "minutes", "reason", "operator"],
  additionalProperties: false,
  properties: { team: { type: "string" }, minutes: { type: "integer" }, reason: { type: "string" }, operator: { type: "string" } },
} as const;
const noteBody = { type: "object", required: ["text"], properties: { text: { type: "string" } } } as const;

/** The report of a run directory. */
export async function sendReport(reply: FastifyReply, directory: string | null): Promise<FastifyReply> {
  if (directory === null) return refused(reply, 404, "The run has no report yet");
  try {
    return sendPage(reply, await readFile(path.join(directory, "report.html"), "utf8"));
  } catch {
    return refused(reply, 404, "The run has no report");
  }
}
