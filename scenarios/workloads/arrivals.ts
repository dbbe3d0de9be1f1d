import type { ClientBehaviour } from "../../kernel/client-behaviour.ts";
import type { Arrival } from "../../kernel/plan.ts";
import { gamma, seededRng, type Rng } from "../../kernel/rng.ts";
import { sum } from "../../kernel/stats.ts";
import { makePrefixes, makePrompts, uniquePrompt, type WorkloadPrompt } from "./prompts.ts";
import type { WorkloadCell, WorkloadShape } from "./workload.ts";
import { zipfRanks } from "./zipf.ts";

/**
 * Every request of a run, sorted by its intended send (ms from the run's start, whole microseconds), numbered from 0.
 * Each client of each cell sends on its own, with Gamma gaps of the workload's coefficient of variation (ServeGen:
 * about three in four clients are Gamma). A client's draws depend on its name and the seed alone: adding a cell shifts
 * no other cell's prompts, though it does share the rate. Until `warmupMs` they come at the workload's rate of the
 * warm-up. Within `cut` nobody sends.
 */
export function makeArrivals(options: { workload: WorkloadShape; seed: number; warmupMs?: number; durationMs: number; cut?: { readonly fromMs: number; readonly toMs: number } }): readonly Arrival[] {
  const { workload, seed, cut } = options;
  const prompts = makePrompts(workload, seed);
  const prefixes = makePrefixes(workload, seed);
  const ranks = zipfRanks(workload.prompts.distinct, workload.prompts.zipf);
  const pace = paceOf(options);
  const shares = sum(workload.cells.map((cell) => cell.share));
  const all = workload.cells.flatMap((cell) => {
    const clientPerSecond = (workload.requestsPerSecond * cell.share) / shares / workload.clientsPerCell;
    return clientNames(cell, workload.clientsPerCell).flatMap((client, number) => {
      const behaviour = behaviourOf(workload, number);
      const rng = seededRng(seed, `client/${client}`);
      const times = sendTimes({ rng: rng.fork("gaps"), gapMs: 1_000 / clientPerSecond, cv: workload.arrivals.cv, pace });
      const chooser = rng.fork("requests");
      return times.map((atMs) => request({ atMs, client, cell, prompts: prompts.get(cell.team)!, ranks, workload, behaviour, rng: chooser }));
    });
  });
  const sent = cut === undefined ? all : all.filter(({ atMs }) => atMs < cut.fromMs || atMs >= cut.toMs);
  sent.sort((a, b) => a.atMs - b.atMs || (a.client < b.client ? -1 : 1));
  let number = 0;
  return sent.map(({ prompt, prefix, stream, behaviour, ...one }, index) => {
    const { text, words } = prompt ?? uniquePrompt(workload, seed, number++);
    return { index, requestId: `r-${seed}-${index}`, ...one, prompt: (prefix === null ? "" : prefixes[prefix]!) + text, maxTokens: words, stream, ...(behaviour !== undefined && { behaviour }) };
  });
}

const clientNames = (cell: WorkloadCell, count: number) =>
  Array.from({ length: count }, (_, number) => `${cell.team}/${cell.feature}/${cell.region}/${number}`);

/** By its number among the clients of its cell, so that each cell has the same share of every group with any seed. */
function behaviourOf({ clients, clientsPerCell }: WorkloadShape, number: number): ClientBehaviour | null {
  const position = (number + 0.5) / clientsPerCell;
  let upTo = 0;
  for (const { share, ...behaviour } of clients) {
    upTo += share;
    if (position < upTo) return behaviour;
  }
  return null;
}

/** The run in the time in which clients send evenly: it passes `factor` times as fast until `warmupMs`. */
interface Pace {
  readonly factor: number;
  readonly warmupMs: number;
  readonly durationMs: number;
}

function paceOf({ workload, warmupMs = 0, durationMs }: { workload: WorkloadShape; warmupMs?: number; durationMs: number }): Pace {
  const { requestsPerSecond, warmupRequestsPerSecond = requestsPerSecond } = workload;
  return { factor: warmupRequestsPerSecond / requestsPerSecond, warmupMs: Math.min(warmupMs, durationMs), durationMs };
}

const evenLengthMs = ({ factor, warmupMs, durationMs }: Pace) => durationMs + (factor - 1) * warmupMs;

const runTimeMs = ({ factor, warmupMs }: Pace, evenMs: number) => (evenMs < factor * warmupMs ? evenMs / factor : evenMs - (factor - 1) * warmupMs);

/**
 * Renewal process in equilibrium over the run's even time: the wait to the first event is a uniform part of a
 * length-biased gap, which for Gamma(k) is Gamma(k + 1) of the same scale, so that the rate is right from the first
 * moment (Cox, Renewal Theory, 1962).
 */
function sendTimes(options: { rng: Rng; gapMs: number; cv: number; pace: Pace }): readonly number[] {
  const { rng, gapMs, cv, pace } = options;
  const lengthMs = evenLengthMs(pace);
  const shape = 1 / (cv * cv);
  const times: number[] = [];
  let atMs = rng.next() * gamma(rng, shape + 1, (gapMs * (shape + 1)) / shape);
  while (atMs < lengthMs) {
    times.push(Math.floor(runTimeMs(pace, atMs) * 1_000) / 1_000);
    atMs += gamma(rng, shape, gapMs);
  }
  return times;
}

/**
 * A request before it has its number. `prompt` null: one that nobody else asks. `prefix`: the shared one that it begins
 * with; null: none.
 */
type Sent = Omit<Arrival, "index" | "requestId" | "prompt" | "maxTokens"> & { readonly prompt: WorkloadPrompt | null; readonly prefix: number | null };

function request(options: {
  atMs: number;
  client: string;
  cell: WorkloadCell;
  prompts: readonly WorkloadPrompt[];
  ranks: (rng: Rng) => number;
  workload: WorkloadShape;
  behaviour: ClientBehaviour | null;
  rng: Rng;
}): Sent {
  const { atMs, client, cell, workload, behaviour, rng } = options;
  const prompt = options.prompts[options.ranks(rng)]!;
  const stream = rng.next() < workload.streamShare;
  const { unique, prefixes } = workload.prompts;
  const isUnique = unique > 0 && rng.next() < unique;
  return {
    atMs,
    client,
    team: cell.team,
    feature: cell.feature,
    region: cell.region,
    route: cell.route,
    stream,
    ...(behaviour !== null && { behaviour }),
    prompt: isUnique ? null : prompt,
    prefix: prefixes !== undefined && rng.next() < prefixes.share ? Math.floor(rng.next() * prefixes.distinct) : null,
    ...(cell.systemPrompt !== undefined && { systemPrompt: cell.systemPrompt }),
  };
}
