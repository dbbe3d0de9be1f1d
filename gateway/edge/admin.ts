import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { z } from "zod";
import { forAdmins, keyRequired, type AdminAccess } from "../http/admin-access.ts";
import { refused } from "../http/from-loopback.ts";
import type { Change } from "./core/operator.ts";
import type { EdgeEngine } from "./engine.ts";

const drainSchema = z.strictObject({ name: z.string(), draining: z.boolean() });
const weightSchema = z.strictObject({ name: z.string(), percent: z.number().min(0).max(100) });

/** State, metrics, drain and weight, on a port of their own, the same for both engines. Apart from `listen`. */
export function adminServer(engine: EdgeEngine, mayAdminister: AdminAccess): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  const guarded = (handler: (request: FastifyRequest, reply: FastifyReply) => unknown) => forAdmins(mayAdminister, handler, keyRequired);
  app.get("/health/live", () => ({ ok: true }));
  app.get("/admin/state", guarded(() => engine.state()));
  app.get("/metrics", guarded(async (_, reply) => reply.type("text/plain; version=0.0.4").send(await engine.metrics())));
  app.post("/admin/drain", guarded((request, reply) => answer(reply, drainSchema.safeParse(request.body), ({ name, draining }) => engine.setDraining(name, draining))));
  app.post("/admin/weight", guarded((request, reply) => answer(reply, weightSchema.safeParse(request.body), ({ name, percent }) => engine.setWeight(name, percent))));
  return app;
}

async function answer<T>(reply: FastifyReply, body: z.ZodSafeParseResult<T>, change: (body: T) => Promise<Change>): Promise<FastifyReply> {
  if (!body.success) return refused(reply, 400, "invalid_body", z.prettifyError(body.error));
  const result = await change(body.data);
  if (result === "unknown") return refused(reply, 404, "unknown_name", "No replica and no region has this name");
  if (result === "last") return refused(reply, 409, "last_one", "Nothing else would be left in the rotation");
  return reply.code(204).send();
}
