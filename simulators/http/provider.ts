import { messageOf } from "../../kernel/errors.ts";
import { foreignRequest } from "../../kernel/foreign-request.ts";
import { isOnOwnNetwork } from "../../kernel/own-network.ts";
import type { WireRecord } from "../../kernel/records.ts";
import type { WireRequest, WireResponse } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { wholeBody } from "../core/body.ts";
import type { SimulatorConfig } from "../core/config.ts";
import { createSimulator, type Simulator } from "../core/simulator.ts";
import { providerDialects } from "../dialects/dialects.ts";
import { serve, type Listening } from "./server.ts";
import { TapFile } from "./tap.ts";
import { TimelineClock } from "./timeline-clock.ts";

/** The config of a simulator process (docs/ARCHITECTURE.md). */
export interface ProviderConfig extends SimulatorConfig {
  readonly run: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Path of the wire tap. Its folder must exist. */
  readonly tap: string;
}

export interface Provider extends Listening {
  /** Breaks open attempts, closes the tap with its trailer if the run has begun, and stops listening. */
  close(): Promise<void>;
}

/**
 * A mock provider on a socket, with its control API: `GET /control/health`; `POST /control/begin {"epochMs"}` (409 when
 * repeated, 500 when the tap cannot be opened); `POST /control/end` (409 before begin, the same trailer when repeated).
 * A page in a browser cannot call it (`kernel/foreign-request.ts`).
 * The wire tap holds the attempts that arrived between begin and end. Rejects with `LabError` when it cannot listen.
 */
export async function startProvider(config: ProviderConfig): Promise<Provider> {
  const clock = new TimelineClock();
  let tap: TapFile<WireRecord> | null = null;
  const record = (attempt: WireRecord) => {
    if (clock.covers(attempt.arrivedMs)) tap?.emit(attempt);
  };
  const dialect = providerDialects[config.deployment.dialect];
  const simulator = createSimulator({ clock, config, dialect, tap: { emit: record } });

  const begin = (request: WireRequest): WireResponse => {
    const epochMs = epochOf(request);
    if (epochMs === null) return reply(400, { ok: false, message: 'Cannot begin: the body must be {"epochMs": <Unix ms>}' });
    if (tap !== null) return reply(409, { ok: false, message: "Cannot begin: the run has begun" });
    try {
      tap = new TapFile(config.tap, { tap: "wire", source: config.deployment.name, run: config.run, seed: config.seed, epochMs });
    } catch (error) {
      return reply(500, { ok: false, message: `Cannot begin: ${messageOf(error)}` });
    }
    clock.begin(epochMs);
    return reply(200, { ok: true });
  };
  const end = async (): Promise<WireResponse> => {
    if (tap === null) return reply(409, { ok: false, message: "Cannot end: the run has not begun" });
    simulator.stop();
    const { count, sha256 } = await tap.close();
    return reply(200, { ok: true, count, sha256 });
  };
  const control: Simulator["answer"] = (request) => {
    const { host, origin, "content-type": contentType } = request.headers;
    const refusal = foreignRequest({ host, origin, contentType, hasBody: request.body.length > 0 }, { onOwnNetwork: isOnOwnNetwork(process.env) });
    if (refusal !== null) return reply(refusal.status, { ok: false, message: refusal.message });
    const route = `${request.method} ${request.path.split("?")[0]}`;
    if (route === "GET /control/health") return reply(200, { ok: true, openAttempts: simulator.openAttempts() });
    if (route === "POST /control/begin") return begin(request);
    if (route === "POST /control/end") return end();
    return reply(404, { ok: false, message: `Unknown: ${route}` });
  };

  const listening = await serve(
    (request, signal) => (request.path.startsWith("/control/") ? control(request, signal) : simulator.answer(request, signal)),
    config.listen,
  );
  return {
    url: listening.url,
    close: async () => {
      simulator.stop();
      try {
        await tap?.close();
      } finally {
        await listening.close();
      }
    },
  };
}

function epochOf(request: WireRequest): number | null {
  try {
    const body = JSON.parse(utf8Text(request.body)) as { epochMs?: unknown } | null;
    return typeof body?.epochMs === "number" && Number.isFinite(body.epochMs) ? body.epochMs : null;
  } catch {
    return null;
  }
}

function reply(status: number, value: object): WireResponse {
  return { status, headers: { "content-type": "application/json" }, body: wholeBody(utf8Bytes(JSON.stringify(value))) };
}
