import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import type { SkewedClock } from "../../kernel/skewed-clock.ts";
import { resolveDefect } from "../config/defect.ts";
import { pathText, problemsOf, type ConfigProblem } from "../config/problem.ts";
import type { Gateway } from "../core/contracts.ts";
import { type AdminHandler, done, fromLoopback, refused } from "./from-loopback.ts";
import type { LookUps } from "./look-ups.ts";

export interface FaultInjectionTargets {
  readonly gateway: Pick<Gateway, "applyDefect" | "liftDefect" | "flushCache">;
  readonly clock: SkewedClock;
  readonly lookUps: LookUps;
}

type ById = { Params: { id: string } };
type ByAuthority = { Params: { authority: string } };
type JsonHandler<Route extends object> = (input: unknown, ...rest: Parameters<AdminHandler<Route>>) => FastifyReply;

/** Keeps dates within what a JavaScript Date can hold, and within what a clock can plausibly be off. */
const OFFSET_MS_MAX = 10 * 365 * 86_400_000;

const lookUpSchema = z.strictObject({ answer: z.enum(["nxdomain", "timeout", "stale"]) });
const clockSchema = z.strictObject({ offsetMs: z.number().min(-OFFSET_MS_MAX).max(OFFSET_MS_MAX) });

/**
 * The admin paths with which a lab injects faults into this process. They exist only where the config has `admin: {
 * faultInjection: true }`. Each lift is one repeatable request without a body: an undo step for a warden.
 */
export function addFaultInjection(app: FastifyInstance, { gateway, clock, lookUps }: FaultInjectionTargets): void {
  app.put<ById>("/admin/defects/:id", fromLoopback(withJson((input, { params }, reply) => {
    const resolved = resolveDefect(input);
    if ("problems" in resolved) return invalid(reply, resolved.problems);
    if (gateway.applyDefect(params.id, resolved.ok)) return done(reply);
    return refused(reply, 403, "hardened", "A hardened gateway refuses planted defects");
  })));
  app.delete<ById>("/admin/defects/:id", fromLoopback(({ params: { id } }, reply) => {
    if (gateway.liftDefect(id)) return done(reply);
    return refused(reply, 404, "not_found", `No defect "${id}" is active`);
  }));
  app.delete("/admin/cache", fromLoopback((_, reply) => {
    if (gateway.flushCache()) return done(reply);
    return refused(reply, 409, "cache_is_shared", "The answers are in the shared store: empty it there");
  }));
  app.put<ByAuthority>("/admin/look-ups/:authority", fromLoopback(withJson((input, { params }, reply) => {
    const result = lookUpSchema.safeParse(input);
    if (!result.success) return invalid(reply, result.error.issues.flatMap(problemsOf));
    lookUps.fault(params.authority, result.data.answer);
    return done(reply);
  })));
  app.delete<ByAuthority>("/admin/look-ups/:authority", fromLoopback(({ params: { authority } }, reply) => {
    if (lookUps.repair(authority)) return done(reply);
    return refused(reply, 404, "not_found", `The look-up of "${authority}" has no fault`);
  }));
  app.put("/admin/clock", fromLoopback(withJson((input, _, reply) => {
    const result = clockSchema.safeParse(input);
    if (!result.success) return invalid(reply, result.error.issues.flatMap(problemsOf));
    clock.skew(result.data.offsetMs);
    return done(reply);
  })));
  app.delete("/admin/clock", fromLoopback((_, reply) => {
    clock.skew(0);
    return done(reply);
  }));
}

function withJson<Route extends object>(handler: JsonHandler<Route>): AdminHandler<Route> {
  return (request, reply) => {
    let input: unknown;
    try {
      input = JSON.parse(String(request.body));
    } catch {
      return refused(reply, 400, "not_json", "The body is not JSON");
    }
    return handler(input, request, reply);
  };
}

function invalid(reply: FastifyReply, problems: readonly ConfigProblem[]): FastifyReply {
  return refused(reply, 400, "invalid", problems.map(({ path, message }) => `${pathText(path)}: ${message}`).join("; "));
}
