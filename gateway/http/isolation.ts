import type { FastifyInstance } from "fastify";
import type { Gateway } from "../core/contracts.ts";
import { done, fromLoopback, refused } from "./from-loopback.ts";

type ByDeployment = { Params: { deployment: string } };

/** The admin paths with which an operator takes a deployment out by hand, and gives it back. */
export function addIsolation(app: FastifyInstance, gateway: Pick<Gateway, "isolate" | "release">): void {
  app.put<ByDeployment>("/admin/isolated/:deployment", fromLoopback(({ params: { deployment } }, reply) => {
    if (gateway.isolate(deployment)) return done(reply);
    return refused(reply, 404, "not_found", `No deployment is called "${deployment}"`);
  }));
  app.delete<ByDeployment>("/admin/isolated/:deployment", fromLoopback(({ params: { deployment } }, reply) => {
    if (gateway.release(deployment)) return done(reply);
    return refused(reply, 404, "not_found", `"${deployment}" is not isolated`);
  }));
}
