import type { Json } from "../../../kernel/chat.ts";
import type { Clock, Transport } from "../../../kernel/seams.ts";
import { Canceller, orAborted, type Signal } from "../../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../../kernel/utf8.ts";
import { readBounded } from "../read-body.ts";
import { type Finding, inspectHeuristically, inspectInSlices } from "./injection.ts";
import type { HttpInspectorConfig, InjectionConfig } from "./settings.ts";
import type { Pause } from "../pause.ts";
import { SLICE_CHARACTERS } from "./slices.ts";

/**
 * Inspects the texts of a request, at once where it need not wait. Rejects when it cannot; `onFailure` decides what
 * happens then.
 */
export interface Inspector {
  inspect(texts: readonly string[], signal: Signal, pause: Pause): Finding | Promise<Finding>;
}

interface InspectorSeams {
  readonly clock: Clock;
  readonly transport: Transport;
}

export function inspectorOf(settings: InjectionConfig["inspector"], seams: InspectorSeams): Inspector {
  return settings.kind === "http" ? httpInspector(settings, seams) : heuristicInspector;
}

const heuristicInspector: Inspector = {
  inspect: (texts, _, pause) => {
    const isLong = texts.reduce((total, text) => total + text.length, 0) > SLICE_CHARACTERS;
    return isLong ? inspectInSlices(texts, pause) : inspectHeuristically(texts);
  },
};

const BODY_BYTES_MAX = 64 * 1024;

/** An external classifier, which may be slow or down. */
function httpInspector({ url, timeoutMs }: HttpInspectorConfig, { clock, transport }: InspectorSeams): Inspector {
  return {
    inspect: async (texts, signal) => {
      using limit = new Canceller(signal);
      const cancelTimer = clock.at(clock.nowMs() + timeoutMs, () => limit.cancel("The inspector took too long"));
      try {
        const request = { method: "POST", url, headers: { "content-type": "application/json" }, body: utf8Bytes(JSON.stringify({ texts })) } as const;
        const response = await orAborted(transport.open(request, limit.signal), limit.signal);
        const body = await readBounded(response.body, BODY_BYTES_MAX, limit.signal);
        if (response.status !== 200) throw new Error(`Cannot inspect: the inspector answered ${response.status}`);
        return findingOf(JSON.parse(utf8Text(body)) as Json);
      } finally {
        cancelTimer();
      }
    },
  };
}

function findingOf(body: Json): Finding {
  const { score, reasons = [] } = (body ?? {}) as { score?: Json; reasons?: Json };
  if (typeof score !== "number" || !(score >= 0 && score <= 1)) throw new Error("Cannot inspect: the answer holds no score from 0 to 1");
  return { score, reasons: Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === "string").map((reason) => reason.slice(0, 80)) : [] };
}
