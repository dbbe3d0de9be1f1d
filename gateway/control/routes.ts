import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { ackSchema, feedPaths, feedQuerySchema, planeReportSchema } from "../config/feed.ts";
import { pathText, problemsOf } from "../config/problem.ts";
import { done, refused } from "../http/from-loopback.ts";
import { evaluateSchema, identityChangeSchema, pushSchema, rollbackSchema, sloSchema } from "./api.ts";
import { ControlRefusal } from "./core/control-refusal.ts";
import type { Region } from "./region.ts";

export type ControlRole = "plane" | "operator" | "alarm";

export interface ControlRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly roles: readonly ControlRole[];
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** How often a held request for the feed checks for a change. */
const heldMs = 100;

/** Everything that the process of a control plane answers. `sleep` rejects when the process ends. */
export function controlRoutes(region: Region, sleep: (ms: number) => Promise<void>): readonly ControlRoute[] {
  const get = (path: string, handle: (query: Readonly<Record<string, string>>, request: FastifyRequest) => unknown): ControlRoute => ({
    method: "GET",
    path,
    roles: ["operator"],
    handle: (request, reply) => answered(reply, () => handle(request.query as Record<string, string>, request)),
  });
  return [
    { method: "GET", path: feedPaths.feed, roles: ["plane"], handle: (request, reply) => feed(region, request, reply, sleep) },
    { method: "POST", path: feedPaths.acks, roles: ["plane"], handle: posted(ackSchema, (ack) => region.acknowledge(ack)) },
    { method: "POST", path: feedPaths.reports, roles: ["plane"], handle: posted(planeReportSchema, (report) => region.report(report)) },
    { method: "POST", path: "/v1/push", roles: ["operator"], handle: posted(pushSchema, (push) => region.push(push)) },
    { method: "POST", path: "/v1/rollback", roles: ["operator"], handle: posted(rollbackSchema, ({ to, ...by }) => ({ result: region.rollback(to, by) })) },
    { method: "POST", path: "/v1/evaluate", roles: ["operator"], handle: posted(evaluateSchema, ({ who, why }) => region.evaluateAgain(who, why)) },
    { method: "POST", path: "/v1/slo", roles: ["operator", "alarm"], handle: posted(sloSchema, ({ who, why }) => ({ result: region.breached(who, why) })) },
    { method: "POST", path: "/v1/identities", roles: ["operator"], handle: posted(identityChangeSchema, ({ deployment, expected, ...by }) => region.plane.setIdentity(deployment, expected, by)) },
    get("/v1/status", () => region.status()),
    get("/v1/history", () => region.history()),
    get("/v1/diff", ({ from = "", to = "" }) => region.diff(from, to)),
    get("/v1/receipts/:hash", (_query, request) => region.receipt((request.params as { readonly hash: string }).hash)),
  ];
}

async function feed(region: Region, request: FastifyRequest, reply: FastifyReply, sleep: (ms: number) => Promise<void>): Promise<unknown> {
  const query = feedQuerySchema.safeParse(request.query);
  if (!query.success) return invalid(reply, query.error);
  const { seen, waitMs } = query.data;
  for (let leftMs = waitMs; leftMs > 0 && region.revision === seen && !request.socket.destroyed; leftMs -= heldMs) await sleep(Math.min(heldMs, leftMs));
  return region.feed(query.data);
}

function posted<Schema extends z.ZodType>(schema: Schema, act: (body: z.output<Schema>) => unknown): ControlRoute["handle"] {
  return (request, reply) => {
    const body = schema.safeParse(request.body);
    return body.success ? answered(reply, () => act(body.data)) : invalid(reply, body.error);
  };
}

/** A refusal of the core is an answer, with its code. */
function answered(reply: FastifyReply, act: () => unknown): unknown {
  try {
    return act() ?? done(reply);
  } catch (error) {
    if (!(error instanceof ControlRefusal)) throw error;
    return reply.code(error.code === "package_unknown" ? 404 : 409).send({ error: { code: error.code, message: error.message, forcible: error.forcible } });
  }
}

function invalid(reply: FastifyReply, error: z.ZodError): FastifyReply {
  return refused(reply, 400, "request_invalid", error.issues.flatMap(problemsOf).map(({ path, message }) => `${pathText(path)}: ${message}`).join("; "));
}
