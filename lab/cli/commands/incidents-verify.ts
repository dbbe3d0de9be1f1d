import { exitCodes } from "../../../kernel/errors.ts";
import type { Incident } from "../../../scenarios/incident.ts";
import { paintFor } from "../../board/paint.ts";
import { sightLines } from "../../incidents/sight-page.ts";
import { verifyIncidents, type VerifyHarness } from "../../incidents/verify.ts";
import { listenForInterrupt, unlessInterrupted } from "../../live/interrupt.ts";
import { readIncidents } from "../../plan/incident-files.ts";
import { loadIncidents } from "../../plan/incidents.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

export interface VerifyFlags {
  readonly seed: number;
  readonly level: number;
  readonly live?: boolean;
  readonly speed?: number;
  readonly json?: boolean;
}

/** Without `--speed`: a minute of an outage in a second. Live, where time is dear, phases are as short as they may be. */
const speedDefault = { virtual: 60, live: 100_000 };

/**
 * `blastlab incidents verify`: resolves to 0 when all that was seen agrees with what was planned, else 1. Throws LabError
 * `incident_invalid`, and `Interrupted` on Ctrl-C, when all that it had started is gone.
 */
export async function verifyCommand(file: string | undefined, flags: VerifyFlags, io: Io): Promise<number> {
  const { seed, level, live = false, speed = live ? speedDefault.live : speedDefault.virtual, json = false } = flags;
  const incidents: readonly Incident[] = file === undefined ? loadIncidents() : readIncidents(file);
  const paint = paintFor(io.stdout);
  const startedMs = performance.now();
  using interrupt = listenForInterrupt();
  await using harness = live ? await liveHarness(seed) : await virtualHarness(seed);
  const verifying = verifyIncidents({
    incidents,
    seed,
    speed,
    level,
    harness,
    onSight: (sight) => {
      if (!json) writeLines(io, sightLines(sight, paint));
    },
  });
  const { sights, z, agrees } = await unlessInterrupted(verifying, interrupt.signal);
  const seconds = (performance.now() - startedMs) / 1_000;
  const requests = sights.flatMap(({ phases }) => phases).reduce((sum, { checks }) => sum + (checks[0]?.of ?? 0), 0);
  if (json) writeJson(io, { agrees, seed, level, live, z, incidents: incidents.length, requests, seconds: Math.round(seconds * 10) / 10, sights });
  else {
    const wrong = sights.filter((sight) => !sight.agrees).length;
    const phases = sights.reduce((sum, sight) => sum + sight.phases.length, 0);
    writeLines(io, [
      `${incidents.length} incidents, ${phases} phases, ${requests} requests, seed ${seed}, level ${level}, ${live ? "live" : "virtual"}, ${seconds.toFixed(1)} s: ${agrees ? "all agree" : `${wrong} disagree`}`,
    ]);
  }
  return agrees ? exitCodes.held : exitCodes.deviated;
}

type DisposableHarness = VerifyHarness & AsyncDisposable;

async function virtualHarness(seed: number): Promise<DisposableHarness> {
  const { startVirtualHarness } = await import("../../incidents/threads.ts");
  return startVirtualHarness(seed);
}

async function liveHarness(seed: number): Promise<DisposableHarness> {
  const { startLiveHarness } = await import("../../incidents/live.ts");
  return startLiveHarness(seed);
}
