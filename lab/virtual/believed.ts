import type { Clock } from "../../kernel/clock.ts";
import type { BelievedRecord } from "../../kernel/records.ts";
import type { VirtualComponent } from "./component.ts";
import type { Counters, GatewayProgram } from "./gateway.ts";

const readEveryMs = 1_000;

type Gateways = readonly VirtualComponent<GatewayProgram>[];

/**
 * Reads each second, until `endMs`, what the gateways' metrics show, as the observer does live. They count from a process' start. One that is dead or
 * paused cannot be read: null. Of several gateways it is the sum, with restarts taken out and the last reading of one that cannot be read.
 */
export function readMetrics({ clock, gateways, endMs, emit }: { clock: Clock; gateways: Gateways; endMs: number; emit: (record: BelievedRecord) => void }): void {
  const [only, ...others] = gateways;
  const totals = gateways.map((gateway) => new RunningTotal(gateway));
  const counted = () => {
    if (only !== undefined && others.length === 0) return only.program!.counters;
    return totals.map((total) => total.read()).reduce(sum, none);
  };
  const read = () => {
    const readable = gateways.filter(({ responsive }) => responsive);
    if (readable.length === 0) {
      emit({ atMs: clock.nowMs(), requestsTotal: null, failuresTotal: null, attemptsTotal: null, openBreakers: [] });
      return;
    }
    const { requests, failures, attempts } = counted();
    const breakers = readable.flatMap(({ program }) => program!.gateway.state().breakers);
    const openBreakers = [...new Set(breakers.filter(({ state }) => state === "open").map(({ deployment }) => deployment))];
    emit({ atMs: clock.nowMs(), requestsTotal: requests, failuresTotal: failures, attemptsTotal: attempts, openBreakers });
  };
  for (let atMs = 0; atMs <= endMs; atMs += readEveryMs) clock.at(atMs, read);
}

const none: Readonly<Counters> = { requests: 0, failures: 0, attempts: 0 };

const sum = (a: Readonly<Counters>, b: Readonly<Counters>): Readonly<Counters> => ({
  requests: a.requests + b.requests,
  failures: a.failures + b.failures,
  attempts: a.attempts + b.attempts,
});

/** One gateway's counters over all its lives. */
class RunningTotal {
  readonly #gateway: VirtualComponent<GatewayProgram>;
  #program: GatewayProgram | null = null;
  #before = none;
  #last = none;

  constructor(gateway: VirtualComponent<GatewayProgram>) {
    this.#gateway = gateway;
  }

  read(): Readonly<Counters> {
    const { program, responsive } = this.#gateway;
    if (program !== null && responsive) {
      if (program !== this.#program) {
        this.#before = sum(this.#before, this.#last);
        this.#program = program;
      }
      this.#last = { ...program.counters };
    }
    return sum(this.#before, this.#last);
  }
}
