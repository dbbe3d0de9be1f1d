import { bandwidth } from "./bandwidth.ts";
import { latency } from "./latency.ts";
import { limitData } from "./limit-data.ts";
import { resetPeer } from "./reset-peer.ts";
import type { ToxicType } from "./settings.ts";
import { slicer } from "./slicer.ts";
import { slowClose } from "./slow-close.ts";
import { timeout } from "./timeout.ts";
import { passThrough, type Toxic } from "./toxic.ts";

/** Passes everything. Also replaces a toxic on the connections that its toxicity spares. */
export const noop: Toxic = {
  capacity: 1,
  onUpdate: "keep",
  closesWhenRemoved: false,
  open: () => ({ step: passThrough }),
};

export const toxicsByType: Readonly<Record<ToxicType, Toxic>> = {
  latency,
  bandwidth,
  slow_close: slowClose,
  timeout,
  reset_peer: resetPeer,
  slicer,
  limit_data: limitData,
  noop,
};
