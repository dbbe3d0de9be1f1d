import type { ConfigSource, EventSink } from "../../kernel/seams.ts";
import { WarmUpHost } from "./cache/warm-up/warm-up-host.ts";
import type { Call } from "./call.ts";
import type { GatewayConfig } from "./config.ts";
import type { GatewaySeams } from "./contracts.ts";
import { dialectAt } from "./dialect-at.ts";
import { endpointPath } from "./endpoint-path.ts";
import type { GatewayEvent } from "./events.ts";
import { LimitBook } from "./limits/limit-book.ts";
import { RegionShare } from "./limits/region-share.ts";
import { Generations, type SharedParts } from "./packages/generations.ts";
import type { RunningPackages } from "./packages/running.ts";
import { ActiveDefects } from "./stages/active-defects.ts";

/** What all requests of a process share, and the configurations that they run on. */
export interface GatewayParts extends SharedParts {
  readonly generations: Generations;
  /** Gets the events of requests. */
  readonly requestEvents: EventSink<GatewayEvent>;
}

/** Runs what the configuration source, or the control plane, has now, and from then on whatever it changes to. */
export function sharedParts(seams: GatewaySeams): GatewayParts {
  const { clock, events } = seams;
  const ids = seams.rng.fork("ids");
  const activeDefects = new ActiveDefects({ clock, events });
  const packages = packagesOf(seams);
  const warmUps = warmUpsOf(seams, () => generations);
  const parts: SharedParts = {
    ...seams,
    ids,
    inFlight: { count: 0 },
    shed: {},
    book: new LimitBook(),
    regionShare: new RegionShare(clock),
    activeDefects,
    dialectOf: (call: Call) => dialectAt(endpointPath(call.wire.path), seams),
    ...(warmUps !== null && { warmUps }),
  };
  const generations = new Generations(packages.current(), parts);
  warmUps?.start();
  packages.onChange((next) => {
    generations.run(next);
    if (generations.current.config.hardened) activeDefects.liftAll();
  });
  return { ...parts, generations, requestEvents: holding(events, warmUps) };
}

/** The packages of a control plane, or the gateway's own file alone. */
function packagesOf({ packages, config }: GatewaySeams): ConfigSource<RunningPackages> {
  if (packages !== undefined) return packages;
  const alone = (own: GatewayConfig): RunningPackages => ({ current: { id: null, config: own }, candidate: null });
  return { current: () => alone(config.current()), onChange: (listener) => config.onChange((next) => listener(alone(next))) };
}

/** Null: what is popular is recorded nowhere. */
function warmUpsOf(seams: GatewaySeams, generations: () => Generations): WarmUpHost | null {
  const { popularity, clock, rng, events } = seams;
  if (popularity === undefined) return null;
  return new WarmUpHost({ clock, ids: rng.fork("warm-up"), events, disk: popularity, running: () => generations().current, dialectAt: (path) => dialectAt(path, seams) });
}

/** Clients whose deployments have no room go before the warm-up. */
function holding(events: EventSink<GatewayEvent>, warmUps: WarmUpHost | null): EventSink<GatewayEvent> {
  if (warmUps === null) return events;
  return {
    emit: (event) => {
      if (event.type === "finished" && event.outcome.kind === "rejected" && event.outcome.by === "concurrency") warmUps.hold();
      events.emit(event);
    },
  };
}
