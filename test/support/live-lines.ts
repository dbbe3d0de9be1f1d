import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { LiveLine, RunRecords } from "../../kernel/records.ts";
import { LiveView } from "../../observer/measure/live-view.ts";

/** The lines that the observer would have printed of a run, one a second until all records have come. */
export function liveLinesOf({ plan, records, arrivals }: { readonly plan: Plan; readonly records: RunRecords; readonly arrivals: readonly Arrival[] }): readonly LiveLine[] {
  const view = new LiveView(plan, arrivals);
  const wire = records.wire.toSorted((a, b) => a.endedMs - b.endedMs);
  const client = records.client.toSorted((a, b) => a.endMs - b.endMs);
  const lastMs = Math.max(plan.timeline.endMs, ...client.map(({ endMs }) => endMs), ...wire.map(({ endedMs }) => endedMs));
  let [nextWire, nextClient] = [0, 0];
  return Array.from({ length: Math.ceil(lastMs / 1_000) + 2 }, (_, second) => {
    for (; nextWire < wire.length && wire[nextWire]!.endedMs < second * 1_000; nextWire++) view.takeWire(wire[nextWire]!);
    for (; nextClient < client.length && client[nextClient]!.endMs < second * 1_000; nextClient++) view.takeClient(client[nextClient]!);
    return structuredClone(view.line(second * 1_000));
  });
}
