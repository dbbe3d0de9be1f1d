import type { Clock } from "../../../kernel/clock.ts";
import { Canceller } from "../../../kernel/signal.ts";
import type { Transport } from "../../../kernel/transport.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { Fleet } from "./fleet.ts";
import type { Replica } from "./replica.ts";
import type { HealthSettings } from "./settings.ts";

interface CheckOptions {
  readonly fleet: Fleet;
  readonly settings: HealthSettings;
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
async function check(replica: Replica, { fleet, settings, clock, transport, watch }: CheckOptions, stopped: Canceller): Promise<void> {
  const jumps = watch.check();
  using deadline = new Canceller(stopped.signal);
  const cancelTimer = clock.at(clock.nowMs() + settings.timeoutMs, () => deadline.cancel("timeout"));
  const isGood = await isReady(transport, replica.url + settings.path, deadline);
  cancelTimer();
  if (!stopped.signal.aborted && watch.check() === jumps) fleet.checked(replica, isGood);
}

async function isReady(transport: Transport, url: string, deadline: Canceller): Promise<boolean> {
  try {
    const { status, body } = await transport.open({ method: "GET", url, headers: {}, body: new Uint8Array(0) }, deadline.signal);
    for await (const _ of body);
    return status >= 200 && status < 300;
  } catch {
    // Whatever it was, the replica did not answer.
    return false;
  }
}
