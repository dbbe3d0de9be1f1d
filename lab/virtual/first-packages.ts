import { acknowledgedText } from "../../gateway/core/packages/kept.ts";
import type { ControlFile } from "../../gateway/control/config.ts";
import type { RegionSeams } from "../../gateway/control/region.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentsOf, type Component } from "../../kernel/topology.ts";
import { firstPackage, type GatewaySettings } from "../plan/gateway-config.ts";
import { loaderReason } from "../plan/packages.ts";
import { openRegion } from "./control.ts";
import { packageFile, type VirtualDisk } from "./disk.ts";

export interface FirstPackageOptions {
  readonly plan: Plan;
  /** The control plane. */
  readonly component: Component;
  readonly file: ControlFile;
  readonly settings: GatewaySettings;
  readonly clock: Clock;
  readonly diskOf: (component: string) => VirtualDisk;
}

/**
 * Leaves the disks of a region as its first push leaves them, which in a live run ends before the timeline begins:
 * version 1 is active, and every gateway has acknowledged it and keeps it as its last good package.
 */
export function keepFirstPackage({ plan, component, file, settings, clock, diskOf }: FirstPackageOptions): void {
  const config = firstPackage(plan, component, settings);
  const region = openRegion(file, { clock, disk: diskOf(component.id), effects: beforeTheRun });
  const { hash } = region.push({ config, parent: null, who: "lab", why: "The region's first configuration", force: false, receipt: null });
  region.plane.checked(hash, loaderReason({ ...file.plane, ...config }));
  region.plane.identified(hash, plan.deployments.map(({ name }) => ({ deployment: name, result: "confirmed", reason: "asked before the run", passes: true })));
  const kept = region.feed({ have: [] }).current;
  if (kept?.hash !== hash) throw new Error(`The first configuration of region "${file.region}" was refused: ${region.history().at(-1)?.reason ?? "without a reason"}`);
  for (const gateway of componentsOf(plan, "gateway").filter((each) => each.region === component.region)) {
    region.acknowledge({ plane: gateway.id, hash, accepted: true });
    diskOf(gateway.id).set(packageFile("last-good"), acknowledgedText(kept));
  }
  region.close();
}

/** What was checked and asked before the run is not asked again. */
const never = () => new Promise<never>(() => {});
const beforeTheRun: RegionSeams["effects"] = { check: never, identify: never, evaluate: never, stop: () => {} };
