import { exitCodes } from "../../../kernel/errors.ts";
import { percent } from "../../../observer/measure/format.ts";
import type { Incident } from "../../../scenarios/incident.ts";
import { paintFor } from "../../board/paint.ts";
import { sightLines } from "../../incidents/sight-page.ts";
import type { Census } from "../../incidents/census.ts";
import { verifyIncidents, type SubjectSight, type VerifyHarness } from "../../incidents/verify.ts";
import { listenForInterrupt, unlessInterrupted } from "../../live/interrupt.ts";
import { incidentsIn } from "../../plan/incident-files.ts";
import { loadIncidents } from "../../plan/incidents.ts";
import { writeLines, type Io } from "../io.ts";
import { verifyProgress } from "../verify-progress.ts";

export interface VerifyFlags {
  readonly seed: number;
  readonly level: number;
  readonly live?: boolean;
  readonly speed?: number;
  /** So many of the distinct ones, drawn with the seed. */
  readonly sample?: number;
  readonly json?: boolean;
}

/**
 * Without `--speed`: a minute of an outage in a second. Live, where time is dear, phases are as short as they may be.
 */
const speedDefault = { virtual: 60, live: 100_000 };

/**
 * `blastlab incidents verify`: resolves to 0 when all that was seen agrees with what was planned, else 1. Throws
 * LabError `incident_invalid`, and `Interrupted` on Ctrl-C, when all that it had started is gone.
 */
export async function verifyCommand(file: string | undefined, flags: VerifyFlags, io: Io): Promise<number> {
  const { seed, level, live = false, speed = live ? speedDefault.live : speedDefault.virtual, sample, json = false } = flags;
  const incidents: () => Iterable<Incident> = file === undefined ? loadIncidents : () => incidentsIn(file);
  const startedMs = performance.now();
  const seconds = () => Math.round((performance.now() - startedMs) / 100) / 10;
  using interrupt = listenForInterrupt();
  await using harness = live ? await liveHarness(seed) : await virtualHarness(seed);
  using progress = verifyProgress(io.stderr);
  const page = json ? jsonPage(io) : textPage(io);
  const totals = { phases: 0, requests: 0, disagreeing: 0 };
  const verifying = verifyIncidents({
    incidents,
    seed,
    speed,
    level,
    ...(sample === undefined ? {} : { sample }),
    harness,
    onCensus: (census) => progress.begin(census),
    onSight: (sight) => {
      totals.phases += sight.phases.length;
      totals.requests += sight.phases.reduce((sum, { checks }) => sum + (checks[0]?.of ?? 0), 0);
      if (!sight.agrees) totals.disagreeing++;
      progress.clear();
      page.sight(sight);
      progress.advance(sight.phases.length);
    },
  });
  const { census, z, agrees } = await unlessInterrupted(verifying, interrupt.signal);
  progress.clear();
  page.end({ agrees, seed, level, live, z, ...sharesOf(census), ...totals, seconds: seconds() });
  return agrees ? exitCodes.held : exitCodes.deviated;
}

/** What was verified of what the list holds. */
function sharesOf({ incidents, subjects, distinct, played, totals }: Census) {
  return { incidents, subjects, distinct, verified: played.size, verifiedShare: totals.rows / subjects };
}

interface Totals extends ReturnType<typeof sharesOf> {
  readonly agrees: boolean;
  readonly seed: number;
  readonly level: number;
  readonly live: boolean;
  readonly z: number;
  readonly phases: number;
  readonly requests: number;
  readonly disagreeing: number;
  readonly seconds: number;
}

interface Page {
  sight(sight: SubjectSight): void;
  end(totals: Totals): void;
}

function textPage(io: Io): Page {
  const paint = paintFor(io.stdout);
  return {
    sight: (sight) => writeLines(io, sightLines(sight, paint)),
    end: (totals) => {
      const { incidents, phases, requests, seed, level, live, seconds, agrees, disagreeing } = totals;
      const head = `${incidents} incidents${distinctText(totals)}, ${phases} phases, ${requests} requests`;
      writeLines(io, [`${head}, seed ${seed}, level ${level}, ${live ? "live" : "virtual"}, ${seconds.toFixed(1)} s: ${agrees ? "all agree" : `${disagreeing} disagree`}`]);
    },
  };
}

/** Empty when every row was played. */
function distinctText({ subjects, distinct, verified, verifiedShare }: Totals): string {
  if (distinct === subjects && verified === distinct) return "";
  const sampled = verified === distinct ? "" : `, a sample of ${verified} verified, which stand for ${percent(verifiedShare)} of the rows`;
  return `, ${distinct} of them distinct${sampled}`;
}

/** One document, written as it grows: `sights`, then the totals. */
function jsonPage(io: Io): Page {
  let separator = "";
  io.stdout.write('{"sights":[');
  return {
    sight: (sight) => {
      io.stdout.write(`${separator}\n${JSON.stringify(sight)}`);
      separator = ",";
    },
    end: (totals) => void io.stdout.write(`],\n${JSON.stringify(totals, null, 2).slice(2)}\n`),
  };
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
