import type { Clock } from "../../kernel/clock.ts";
import type { PlannedFault } from "../../kernel/plan.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import { isToxicType } from "../../simulators/network/toxics/settings.ts";
import type { VirtualLink } from "./network.ts";

/** Schedules the plan's network faults on the links. */
export function scheduleFaults(options: {
  clock: Clock;
  faults: readonly PlannedFault[];
  links: ReadonlyMap<string, VirtualLink>;
  emit: (record: FaultRecord) => void;
}): void {
  const { clock, faults, links, emit } = options;
  for (const fault of faults) {
    const link = links.get(fault.deployment)!;
    const record = (action: FaultRecord["action"], plannedMs: number) =>
      emit({ fault: fault.id, action, plannedMs, atMs: clock.nowMs(), detail: `${fault.kind} on the link to ${fault.deployment}` });
    clock.at(fault.fromMs, () => {
      inject(link, fault);
      record("injected", fault.fromMs);
    });
    clock.at(fault.toMs, () => {
      lift(link, fault);
      record("lifted", fault.toMs);
    });
  }
}

function inject(link: VirtualLink, fault: PlannedFault): void {
  if (fault.kind === "link_down") {
    link.setEnabled(false);
    return;
  }
  if (!isToxicType(fault.toxic)) throw new Error(`Unknown toxic "${fault.toxic}" in fault ${fault.id}`);
  link.toxics.add({ name: fault.id, type: fault.toxic, stream: fault.stream, toxicity: fault.toxicity, attributes: fault.attributes });
}

function lift(link: VirtualLink, fault: PlannedFault): void {
  if (fault.kind === "link_down") link.setEnabled(true);
  else link.toxics.remove(fault.id);
}
