import { createHash, timingSafeEqual } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { liveClock } from "../../kernel/clock-live.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { packageBytesMax } from "../config/package.ts";
import { adminAccess, forAdmins } from "../http/admin-access.ts";
import { fromLoopback, refused } from "../http/from-loopback.ts";
import { checkListenHost } from "../../kernel/own-network.ts";
import { listening } from "../http/listening.ts";
import { metricsContentType } from "../http/metrics-text.ts";
import { liveSecrets } from "../http/secrets.ts";
import { readKey } from "../vault/key-reference.ts";
import type { ControlFile } from "./config.ts";
import { ControlCounts, controlMetrics } from "./metrics.ts";
import { openRegion } from "./open-region.ts";
import type { Region } from "./region.ts";
import { controlRoutes, type ControlRole } from "./routes.ts";

export interface ControlProcess {
  readonly url: string;
  close(): Promise<void>;
}

const tickMs = 500;

/** A control plane on its folder, listening. Throws `LabError` where it cannot start. */
export async function startControl(file: ControlFile, environment: Readonly<Record<string, string | undefined>>, log: (event: object) => void): Promise<ControlProcess> {
  checkListenHost(file.listen.host, environment);
  const roleOf = rolesByKey(file, environment);
  const clock = liveClock();
  const counts = new ControlCounts();
  const region = openRegion(file, { clock, log, counts, folderKey: readKey(file.folderKey, environment) });
  const closing = new AbortController();
  const app = buildControlServer(region, { roleOf, signal: closing.signal, log });
  const text = () => controlMetrics(region, counts, clock.wallMs());
  app.get("/metrics", forAdmins(adminAccess(file.metrics, liveSecrets(environment, clock)), (_, reply) => reply.type(metricsContentType).send(text()), metricsKeyRequired));
  const tick = setInterval(() => region.tick(), tickMs);
  try {
    const url = await listening(app, file.listen, { part: "the control plane", setting: "listen" });
    const close = async () => {
      clearInterval(tick);
      closing.abort();
      region.close();
      await app.close();
    };
    return { url, close };
  } catch (error) {
    clearInterval(tick);
    throw error;
  }
}

const metricsKeyRequired = (_: FastifyRequest, reply: FastifyReply) => refused(reply.header("www-authenticate", "Bearer"), 401, "metrics_key_required", "This path needs the key of the configuration's metrics.key");

function buildControlServer(region: Region, { roleOf, signal, log }: { readonly roleOf: (authorization: string | undefined) => ControlRole | null; readonly signal: AbortSignal; readonly log: (event: object) => void }): FastifyInstance {
  // JSON escapes may double a package's size.
  const app = fastify({ bodyLimit: 2 * packageBytesMax, forceCloseConnections: true });
  const sleep = (ms: number) => delay(ms, undefined, { signal });
  for (const { method, path, roles, handle } of controlRoutes(region, sleep)) {
    const handler = (request: Parameters<typeof handle>[0], reply: Parameters<typeof handle>[1]) => {
      const role = roleOf(request.headers.authorization);
      if (role === null) return refused(reply, 401, "key_required", "This path needs a key of the control plane");
      return roles.includes(role) ? handle(request, reply) : refused(reply, 403, "key_of_another_role", `This path is not for the ${role}'s key`);
    };
    app.route({ method, url: path, handler: fromLoopback(handler as Parameters<typeof fromLoopback>[0]) });
  }
  app.setErrorHandler((error, request, reply) => {
    if (signal.aborted) return refused(reply, 503, "closing", "The control plane is ending");
    const status = (error as { readonly statusCode?: number }).statusCode ?? 500;
    if (status >= 500) log({ event: "bug", path: request.url, message: messageOf(error) });
    return refused(reply, status, status >= 500 ? "failed" : "request_invalid", messageOf(error));
  });
  return app;
}

function rolesByKey({ planeKey, operatorKey, alarmKey }: ControlFile, environment: Readonly<Record<string, string | undefined>>): (authorization: string | undefined) => ControlRole | null {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const references: readonly (readonly [ControlRole, string | undefined])[] = [["plane", planeKey], ["operator", operatorKey], ["alarm", alarmKey]];
  const keys = references.flatMap(([role, reference]) => (reference === undefined ? [] : [{ role, key: digest(readKey(reference, environment)) }]));
  if (new Set(keys.map(({ key }) => key.toString("hex"))).size < keys.length) {
    throw new LabError({ exit: "refused", code: "config_invalid", message: "Two of planeKey, operatorKey and alarmKey are the same key", hint: "a data plane must not be able to push: use different keys" });
  }
  return (authorization) => {
    const given = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    return given === undefined ? null : (keys.filter(({ key }) => timingSafeEqual(key, digest(given)))[0]?.role ?? null);
  };
}
