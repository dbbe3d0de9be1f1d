import type { Clock } from "../../../kernel/clock.ts";
import { Canceller } from "../../../kernel/signal.ts";
import type { Headers, Transport, TransportRequest } from "../../../kernel/transport.ts";
import { regionShareHeader } from "../../core/limits/region-share.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { Fleet } from "./fleet.ts";
import type { Replica } from "./replica.ts";
import type { HealthSettings } from "./settings.ts";

interface CheckOptions {
  readonly fleet: Fleet;
  readonly settings: HealthSettings;
  /** Where this edge runs: the gateways there get the region's share of all traffic with each check. */
  readonly region: string | null;
  readonly gatewayKey: string | null;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly watch: ClockWatch;
}

/** Checks every replica each `intervalMs`, one after the other within it. Returns the stop. */
export function startChecks(options: CheckOptions): () => void {
  const { fleet, settings, clock } = options;
  const cancels = new Map<Replica, () => void>();
  const stopped = new Canceller();
  const schedule = (replica: Replica, atMs: number) => {
    const run = () => {
      schedule(replica, clock.nowMs() + settings.intervalMs);
      void check(replica, options, stopped);
    };
    cancels.set(replica, clock.at(atMs, run));
  };
  fleet.replicas.forEach((replica, index) => schedule(replica, clock.nowMs() + (settings.intervalMs * index) / fleet.replicas.length));
  return () => {
    stopped.cancel("stopped");
    for (const cancel of cancels.values()) cancel();
  };
}

/** A result that this process slept through shows nothing about the replica. */
async function check(replica: Replica, options: CheckOptions, stopped: Canceller): Promise<void> {
  const { fleet, settings, clock, transport, watch } = options;
  const jumps = watch.check();
  using deadline = new Canceller(stopped.signal);
  const cancelTimer = clock.at(clock.nowMs() + settings.timeoutMs, () => deadline.cancel("timeout"));
  const isGood = await isReady(transport, { method: "GET", url: replica.url + settings.path, headers: reportTo(replica, options), body: new Uint8Array(0) }, deadline);
  cancelTimer();
  if (!stopped.signal.aborted && watch.check() === jumps) fleet.checked(replica, isGood);
}

/** What is sent with the check to a gateway of this edge's own region. */
function reportTo(replica: Replica, { fleet, region, gatewayKey }: CheckOptions): Headers {
  const share = replica.region === region ? fleet.shareOf(region) : 0;
  if (share === 0) return {};
  return { [regionShareHeader]: share.toFixed(4), ...(gatewayKey !== null && { authorization: `Bearer ${gatewayKey}` }) };
}

async function isReady(transport: Transport, request: TransportRequest, deadline: Canceller): Promise<boolean> {
  try {
    const { status, body } = await transport.open(request, deadline.signal);
    for await (const _ of body);
    return status >= 200 && status < 300;
  } catch {
    // Whatever it was, the replica did not answer.
    return false;
  }
}
