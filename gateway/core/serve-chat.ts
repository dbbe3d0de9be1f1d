import { Cancelled, neverSignal, type Signal } from "../../kernel/signal.ts";
import { TransportError, type WireRequest, type WireResponse } from "../../kernel/transport.ts";
import { AttemptFailure } from "./attempt-failure.ts";
import { Call, type Handle, type Reply } from "./call.ts";
import type { ClientDialect } from "./contracts.ts";
import { deliver, deliverKept } from "./deliver.ts";
import { LONG_BYTES, readInPieces } from "./long-body.ts";
import { isPickedByBody, pickPackage } from "./packages/pick.ts";
import { pausesOf } from "./pause.ts";
import { shuttingDown, surfaced } from "./replies.ts";
import type { GatewayParts } from "./shared-parts.ts";
import { drifted } from "./stages/defect-drift.ts";

/** How far the process is on its way to its end. */
export interface Ending {
  /** New requests are refused. */
  isDraining: boolean;
  /** Cancelled: open requests are cut. */
  readonly signal: Signal;
}

type ServeChat = (request: WireRequest, signal: Signal, dialect: ClientDialect) => Promise<WireResponse>;

/** Serves requests in a client dialect, each under the package that is picked for it. */
export function chatServer({ clock, ids, isSampled, generations, requestEvents }: GatewayParts, ending: Ending): ServeChat {
  return async (request, signal, dialect) => {
    const isRead = request.body.length >= LONG_BYTES && isPickedByBody(generations.running, request);
    const body = isRead ? await readInPieces(request.body, pausesOf(clock, neverSignal)) : request.body;
    const picked = pickPackage(generations.running, request, dialect, body);
    const { config, handle, name } = generations.of(picked.package);
    const call = new Call(request, signal, config, { clock, events: requestEvents, ids, isSampled, operation: dialect.operation, ending: ending.signal, decoded: picked.chat, package: name });
    if (ending.isDraining) return deliver(call, shuttingDown(), dialect, clock);
    try {
      return drifted(await deliverKept(call, replyOf(handle, call), dialect, clock), call);
    } catch (error) {
      if (error instanceof Cancelled && call.isCutByShutdown) return deliver(call, shuttingDown(), dialect, clock);
      if (!(error instanceof Cancelled)) {
        call.finish({ kind: "failure", failure: "server_error" }, 500);
        throw error;
      }
      call.finish({ kind: "cancelled" }, 499);
      throw new TransportError("aborted");
    }
  };
}

/** An answer that broke off while a stage still held all of it is an ordinary error, because nothing was sent. */
async function replyOf(handle: Handle, call: Call): Promise<Reply> {
  try {
    return await handle(call);
  } catch (error) {
    if (error instanceof AttemptFailure) return surfaced(error, null);
    throw error;
  }
}
