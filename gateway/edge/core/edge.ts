import type { Signal } from "../../../kernel/signal.ts";
import type { Handler, WireRequest, WireResponse } from "../../../kernel/transport.ts";
import { ClockWatch } from "./clock-watch.ts";
import { Elsewhere } from "./elsewhere.ts";
import type { EdgeEvent } from "./events.ts";
import { Fleet } from "./fleet.ts";
import { Forwarding } from "./forwarding.ts";
import { startChecks } from "./health-checks.ts";
import { drainNamed, weighNamed, type Change } from "./operator.ts";
import { edgeError } from "./replies.ts";
import type { EdgeSeams } from "./seams.ts";
import { stateOf, type EdgeState } from "./state.ts";

/** After a jump, requests that arrive are read a little later: clients that left meanwhile are known by then. */
const settleMs = 250;
const settlePeriodMs = 1_000;

export interface Edge {
  readonly handle: Handler;
  state(): EdgeState;
  setDraining(name: string, isDraining: boolean): Change;
  setWeight(name: string, percent: number): Change;
  /** From now on new requests are refused. */
  drain(): void;
  /** Ends the checks. */
  stop(): void;
}

/** The edge: clients' requests to the replicas of all regions. It runs on both clocks. */
export function createEdge(seams: EdgeSeams): Edge {
  const { settings, clock, transport, emit } = seams;
  const fleet = new Fleet(seams);
  const elsewhere = new Elsewhere({ settings, clock, fleet });
  const watch = new ClockWatch(clock, (ms) => emit({ kind: "clock_jump", ms }));
  const stopChecks = startChecks({ fleet, settings: settings.health, region: settings.region, gatewayKey: seams.gatewayKey, clock, transport, watch });
  let isDraining = false;
  let inFlight = 0;
  const forward = async (request: WireRequest, client: Signal): Promise<WireResponse> => {
    const refusal = refusalOf(request, isDraining);
    if (refusal !== null) {
      emit({ kind: "request", outcome: "refused", attempts: 0 });
      return refusal;
    }
    watch.check();
    if (clock.nowMs() - watch.lastJumpMs < settlePeriodMs) await clock.sleep(settleMs);
    inFlight++;
    elsewhere.earn();
    const onEnd = (event: EdgeEvent) => {
      inFlight--;
      emit(event);
    };
    return new Forwarding({ ...seams, fleet, elsewhere, watch, request, client, onEnd }).run();
  };
  return {
    handle: forward,
    state: () => stateOf(fleet, { settings, inFlight, isDraining, clockJumps: watch.jumps }),
    setDraining: (name, wanted) => drainNamed(fleet, name, wanted),
    setWeight: (name, percent) => weighNamed(fleet, name, percent),
    drain: () => void (isDraining = true),
    stop: () => {
      watch.stop();
      stopChecks();
    },
  };
}

/** Admin paths of a gateway trust loopback, where the edge is: only the API passes. */
function refusalOf({ method, path }: WireRequest, isDraining: boolean): WireResponse | null {
  if (isDraining) return edgeError(503, "edge_draining", "This edge is shutting down.", { "retry-after": "1", connection: "close" });
  if (!path.startsWith("/v1/") || path.includes("..")) return edgeError(404, "unknown_path", "The edge passes requests to /v1/ only.");
  if (method !== "GET" && method !== "POST") return edgeError(405, "method_not_allowed", "The edge passes GET and POST only.", { allow: "GET, POST" });
  return null;
}
