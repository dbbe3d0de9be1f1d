import type { Clock } from "../../../kernel/clock.ts";
import type { Rng } from "../../../kernel/rng.ts";
import type { Transport } from "../../../kernel/transport.ts";
import type { EdgeEvent } from "./events.ts";
import type { EdgeSettings } from "./settings.ts";

/** All that the edge's core has of the outside. */
export interface EdgeSeams {
  readonly settings: EdgeSettings;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly transport: Transport;
  readonly emit: (event: EdgeEvent) => void;
  /** Authenticates its reports to the gateways of its own region; null: they need none. */
  readonly gatewayKey: string | null;
}
