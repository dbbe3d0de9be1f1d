import { controlMetricNames as names } from "../../kernel/metric-names.ts";
import { metricsText } from "../http/metrics-text.ts";
import type { ControlEvent, Phase } from "./core/state.ts";
import type { ControlDisk, Region } from "./region.ts";

const phases = ["waiting", "checking", "identity", "evaluating", "undecided", "step"] as const satisfies readonly Phase["name"][];
/** What a person wants the rate of, from the start. */
const foreseen = ["push_refused", "staged", "activated", "restored", "refused", "unjudged", "rolled_back", "cancelled", "plane_refused"] as const;

const eventOf = (event: ControlEvent): string => (event.type === "ended" ? event.as : event.type);

/** Lines of the journal since the process began, by their event. */
export class ControlCounts {
  readonly #counts = new Map<string, number>(foreseen.map((event) => [event, 0]));

  get byEvent(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** The same disk, whose lines are counted once they are in effect. */
  counting(disk: ControlDisk): ControlDisk {
    const append: ControlDisk["append"] = (line) => {
      disk.append(line);
      const event = eventOf(line.event);
      this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1);
    };
    return { ...disk, append };
  }
}

/** The control plane's state and counts, in Prometheus' text format. */
export function controlMetrics(region: Region, counts: ControlCounts, wallMs: number): string {
  const { settings } = region.plane;
  const own = { region: settings.region };
  const { activeVersion, phase, share, planes } = region.overview();
  return metricsText([
    { name: names.events, type: "counter", samples: [...counts.byEvent].map(([event, count]) => [{ ...own, event }, count]) },
    { name: names.activeVersion, type: "gauge", samples: activeVersion === null ? [] : [[own, activeVersion]] },
    { name: names.rollout, type: "gauge", samples: ["none", ...phases].map((each) => [{ ...own, phase: each }, each === (phase ?? "none") ? 1 : 0]) },
    { name: names.rolloutShare, type: "gauge", samples: [[own, share]] },
    { name: names.reportAge, type: "gauge", samples: planes.map(({ plane, receivedMs }) => [{ ...own, plane }, Math.max(0, wallMs - receivedMs) / 1_000]) },
    { name: names.onActive, type: "gauge", samples: planes.map(({ plane, isOnActive }) => [{ ...own, plane }, isOnActive ? 1 : 0]) },
  ]);
}
