import { feedClient } from "../../gateway/config/feed-client.ts";
import type { ResolvedConfig } from "../../gateway/config/resolve.ts";
import type { GatewayEvent } from "../../gateway/core/events.ts";
import { PackageEvidence } from "../../gateway/core/packages/evidence.ts";
import { PackageFollower } from "../../gateway/core/packages/follower.ts";
import type { LoadedPackage, RunningPackages } from "../../gateway/core/packages/running.ts";
import type { Clock, ConfigSource, Rng, Transport } from "../../kernel/seams.ts";
import { Canceller } from "../../kernel/signal.ts";
import { offerCheck } from "../plan/packages.ts";
import { packageDisk, type VirtualDisk } from "./disk.ts";
import { virtualKey } from "./keys.ts";

/** A gateway's process under a control plane, as the live one has it (gateway/http/data-plane.ts). */
export interface VirtualDataPlane {
  readonly packages: ConfigSource<RunningPackages>;
  record(event: GatewayEvent): void;
  /** Takes the last good package from the disk, then follows the control plane. */
  follow(): void;
  close(): void;
}

export interface DataPlaneSeams {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly transport: Transport;
  readonly disk: VirtualDisk;
  /** A new text for each life of the process. */
  readonly boot: string;
  /** Makes ready what a package needs. */
  readonly prepare: (loaded: LoadedPackage) => Promise<void>;
}

/** Null: the configuration names no control plane. */
export function openDataPlane(resolved: ResolvedConfig, { clock, rng, transport, disk, boot, prepare }: DataPlaneSeams): VirtualDataPlane | null {
  const { control, gateway: own } = resolved;
  if (control === null) return null;
  const evidence = new PackageEvidence(() => clock.wallMs());
  const follower = new PackageFollower(own, {
    clock,
    rng,
    control: feedClient(control, { transport, clock, key: () => Promise.resolve(virtualKey(control.key, own.region)), boot }),
    disk: packageDisk(disk),
    check: offerCheck(resolved),
    prepare,
    evidence: () => evidence.counts(),
    emit: () => {},
  });
  const ending = new Canceller();
  return {
    packages: follower,
    record: (event) => evidence.record(event),
    follow: () => void follower.start().then(() => follower.follow(ending.signal)),
    close: () => ending.cancel("The run is over"),
  };
}
