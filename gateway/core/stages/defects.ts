import { hashUnit } from "../../../kernel/hash.ts";
import type { Clock, EventSink } from "../../../kernel/seams.ts";
import type { Signal } from "../../../kernel/signal.ts";
import type { Call, Stage } from "../call.ts";
import type { DefectConfig } from "../config.ts";
import type { GatewayEvent } from "../events.ts";
import type { Defect } from "./defect.ts";
import { corrupt } from "./defect-corrupt.ts";
import { drift } from "./defect-drift.ts";
import { exhaust } from "./defect-exhaust.ts";
import { leak } from "./defect-leak.ts";
import { mixUp } from "./defect-mix-up.ts";

/**
 * Planted defects: what makes a gateway sick. Whether a request is hit is a pure function of the defect's id and the
 * request's id. `applied` emits the ground truth: exactly the requests that the defect touched, when it touched them.
 */
export interface DefectSeams {
  readonly clock: Clock;
  readonly events: EventSink<GatewayEvent>;
}

interface DefectLife {
  /** Cancelled when the defect is lifted. */
  readonly lifted: Signal;
}

/** The stage of `settings`. Two defects of a kind draw apart by their ids. */
export function defectStage(settings: DefectConfig, id: string, seams: DefectSeams & DefectLife): Stage {
  const defect = defectOf(settings, id, seams);
  switch (settings.kind) {
    case "slow":
      return slow(defect);
    case "fail":
      return fail(defect);
    case "drop_telemetry":
      return dropTelemetry(defect);
    case "corrupt":
      return corrupt(defect);
    case "leak":
      return leak(defect);
    case "mix_up":
      return mixUp(defect);
    case "drift":
      return drift(defect);
    case "exhaust":
      return exhaust(defect, () => seams.events.emit({ type: "memory_exhausted", id, atMs: seams.clock.nowMs() }));
    case "flap":
      return (next) => next;
  }
}

function defectOf(settings: DefectConfig, id: string, { clock, events, lifted }: DefectSeams & DefectLife): Defect {
  const covers = (call: Call) =>
    !lifted.aborted &&
    call.startedMs >= (settings.fromMs ?? -Infinity) &&
    call.startedMs < (settings.toMs ?? Infinity) &&
    (settings.teams?.includes(call.team) ?? true) &&
    (settings.features?.includes(call.feature) ?? true);
  return {
    settings,
    clock,
    lifted,
    covers,
    hits: (call) => covers(call) && hashUnit("defect", id, call.requestId) < settings.share,
    applied: (...calls) =>
      events.emit({ type: "defect_applied", id, kind: settings.kind, requestIds: calls.map(({ requestId }) => requestId), atMs: clock.nowMs() }),
  };
}

const slow = (defect: Defect): Stage => (next) => async (call) => {
  if (defect.hits(call)) {
    defect.applied(call);
    await defect.clock.sleep(defect.settings.delayMs ?? 0, call.signal);
  }
  return next(call);
};

const fail = (defect: Defect): Stage => (next) => async (call) => {
  if (!defect.hits(call)) return next(call);
  defect.applied(call);
  const error = { status: 500, type: "server_error", code: "internal_error", message: "The gateway failed" };
  return { kind: "error", error, headers: {}, outcome: { kind: "failure", failure: "server_error" } };
};

const dropTelemetry = (defect: Defect): Stage => (next) => async (call) => {
  if (defect.hits(call)) {
    defect.applied(call);
    call.isFinishSuppressed = true;
  }
  return next(call);
};
