import { utcText } from "../../kernel/calendar.ts";
import type { RunMade } from "../../kernel/run-made.ts";
import type { RunView } from "./run-view.ts";

/** System, parts, versions, machine and times of a run, as far as they are known. */
export function madeFacts({ made, epochMs, endedMs }: { readonly made: RunMade | null; readonly epochMs: number | null; readonly endedMs: number | null }): RunView["facts"] {
  if (made === null) return [];
  const { machine, startedAt } = made;
  const live = made.harness === "live";
  const at = (atMs: number | null) => (live && epochMs !== null && atMs !== null ? utcText(epochMs + atMs) : "not known");
  return [
    ...(made.replay === undefined ? [] : [{ label: "replay", value: made.replay }]),
    { label: "system under test", value: made.system },
    { label: "harness", value: live ? "live: processes, sockets and real time" : "virtual: one process and simulated time" },
    { label: "network faults by", value: made.parts.network },
    { label: "blastlab", value: made.blastlab },
    { label: "Node", value: made.node },
    ...(machine === null ? [] : [{ label: "machine", value: `${machine.platform}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryMb} MB, load average ${machine.loadAverage} before the run` }]),
    ...(startedAt === null ? [] : [{ label: "started", value: startedAt }]),
    ...(live ? [{ label: "timeline began", value: at(0) }, { label: "ended", value: at(endedMs) }] : []),
  ];
}
