import type { Pins } from "../../kernel/pinned-lookup.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import type { LiveComponent } from "../conductor/live/live-component.ts";
import type { RunDirectory } from "../live/directory.ts";
import type { RunPorts } from "../live/run-ports.ts";
import type { Entries } from "../load/core/entries.ts";
import type { Warden } from "../warden/client.ts";
import type { RegionSecrets } from "./region-secrets.ts";

/** What an adapter is given to start its system with. */
export interface SystemContext {
  readonly warden: Warden;
  readonly directory: RunDirectory;
  readonly plan: Plan;
  readonly stack: Stack;
  /** The near end of each link from the system, without a path. */
  readonly links: ReadonlyMap<string, string>;
  readonly ports: RunPorts;
  /** The keys of a region. */
  readonly secretsOf: (region: string) => RegionSecrets;
  /** Unix ms from which gateways may count their time: the timeline's zero is not known yet. */
  readonly epochMs: number;
}

/** A running system under test. */
export interface RunningSystem {
  /** Base URL of each component that clients call, by its id. */
  readonly urls: ReadonlyMap<string, string>;
  /** The components that the lab started, by their ids. */
  readonly components: ReadonlyMap<string, LiveComponent>;
  /** Bearer token by `team/feature`. */
  readonly keys: Readonly<Record<string, string>>;
  /** Sent with every request to it; they replace the client's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** The metrics of each of its gateways, in Prometheus text, in the order of the plan; none where it shows none. */
  readonly metricsUrls: readonly string[];
}

/** A running system as its clients see it. */
export interface SystemView extends Pick<RunningSystem, "keys" | "headers" | "metricsUrls"> {
  /** Base URLs by client region: the near ends of the clients' links. */
  readonly targets: Entries;
  /** Where the names among these URLs lead. */
  readonly pins: Pins;
}

/** One adapter per system under test. */
export interface SystemUnderTest {
  readonly name: string;
  /** Ports of 127.0.0.1 at which it wants to reach deployments. */
  readonly linkPorts: Readonly<Record<string, number>>;
  /** Rejects with LabError `failed` when it does not come up. */
  start(context: SystemContext): Promise<RunningSystem>;
}
