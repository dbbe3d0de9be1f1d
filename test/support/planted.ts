import type { Verdict } from "../../kernel/verdict.ts";
import type { Plan } from "../../kernel/plan.ts";
import { decodeWord } from "../../kernel/mark.ts";
import type { ClientRecord, RunRecords } from "../../kernel/records.ts";
import { resolvePlan } from "../../lab/plan/resolve.ts";
import { loadIncidents } from "../../lab/plan/incidents.ts";
import { openStack } from "../../lab/plan/library.ts";
import { attributed } from "../../observer/measure/attribution.ts";
import { classify } from "../../observer/measure/classify.ts";
import { judge } from "../../observer/measure/judge.ts";
import { knowledgeOf } from "../../observer/measure/knowledge.ts";
import { parseScenario, parseStack } from "../../scenarios/parse.ts";
import { plantedMs, plantedStacks, type Plant } from "./plants.ts";
import { runVirtual } from "../../lab/virtual/run.ts";

/**
 * One kind of fault in a small world, beside faults that have nothing to do with it: two cells that the planted fault
 * can reach, and a third whose only provider is ill and slow to reach at the same time. In the first two a decoy acts
 * too, on requests that are known. Some 580 requests.
 */
const world = `
name: planted
title: One fault is planted, and others are bystanders
timeline: { warmupMs: 1000, steadyMs: 12000, recoveryMs: 24000 }
workload:
  requestsPerSecond: 10
  streamShare: 0.5
  prompts: { distinct: 60, zipf: 0.5 }
  maxTokens: { median: 12, sigma: 0.2, min: 8, max: 20 }
  cells:
    - { team: support, feature: chat, share: 2, route: alone, slo: { firstTokenMs: 4000, totalMs: 8000 } }
    - { team: sales, feature: draft, share: 2, route: paired, slo: { firstTokenMs: 4000, totalMs: 8000 } }
    - { team: search, feature: answer, share: 1, route: elsewhere, slo: { firstTokenMs: 4000, totalMs: 8000 } }
deployments:
  - { name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }
  - { name: fallback, provider: anthropic, dialect: anthropic, model: claude-3-5-haiku-20241022, latency: claude-3.5-haiku }
  - { name: other, provider: deepseek, dialect: openai, model: deepseek-chat, latency: gpt-4o-mini }
routes: [{ name: alone, deployments: [primary] }, { name: paired, deployments: [primary, fallback] }, { name: elsewhere, deployments: [other] }]
`;

const bystanders = [
  { kind: "outage", name: "bystander-outage", deployments: ["other"], phases: [{ lengthMs: plantedMs, errorRate: 0.4 }] },
  { kind: "toxic", deployment: "other", toxic: "latency", attributes: { latency: 3_000 }, lengthMs: plantedMs },
  { kind: "toxic", deployment: "other", toxic: "reset_peer", toxicity: 0.3, attributes: { timeout: 200 }, lengthMs: plantedMs },
];

/**
 * A fault in the planted one's cells at the same time, which touches some requests: words altered by the gateway, or,
 * beside what a gateway does wrong itself, errors of the primary. Few enough that no breaker opens.
 */
const alters = { kind: "defect", defect: "corrupt", share: 0.1, teams: ["support", "sales"], lengthMs: plantedMs - 2_000 };
const fails = { kind: "outage", name: "decoy", deployments: ["primary"], phases: [{ lengthMs: plantedMs - 2_000, errorRate: 0.08 }] };

export type Attributed = ReturnType<typeof attributed>[number];

export interface PlayedPlant {
  readonly plan: Plan;
  readonly records: RunRecords;
  readonly verdict: () => Verdict;
  /**
   * Bad requests of the exposure in the two cells that the planted fault can reach, without those that the decoy
   * touched.
   */
  readonly bad: readonly Attributed[];
  /** Bad requests that the decoy touched. */
  readonly decoyed: readonly Attributed[];
  /** Those of the bystanders' cell. */
  readonly elsewhere: readonly Attributed[];
  /** Ids in the plan. */
  readonly planted: readonly string[];
  readonly decoy: string;
  /** Whether the bystanders' cell is out of the planted fault's reach. */
  readonly apart: boolean;
  readonly offered: number;
  /** Requests that a planted fault has touched, by the events of a defect and the logs of the providers. */
  readonly touched: ReadonlySet<string>;
}

/** What changes the records of a run before they are judged. */
export type Spoil = (run: { readonly plan: Plan; readonly records: RunRecords }) => RunRecords;

/**
 * The faults, as a scenario writes them, played virtually among decoy and bystanders, and what each bad request was
 * attributed to.
 */
export async function playPlanted({ faults, sets = {} }: Plant, seed: number, stackName: string, spoil: Spoil = ({ records }) => records): Promise<PlayedPlant> {
  const decoyed = faults.some((fault) => ["defect", "config_push"].includes((fault as { kind: string }).kind)) ? fails : alters;
  const overrides = Object.entries({ ...sets, faults: [...faults, decoyed, ...bystanders] }).map(([path, value]) => ({ path, value: JSON.stringify(value) }));
  const scenario = parseScenario(`${world}faults: []\n`, "planted.yaml", overrides);
  const stack = parseStack(plantedStacks[stackName] ?? openStack(stackName).text, stackName);
  const { plan, arrivals } = resolvePlan({ scenario, stack, seed, run: "planted", incidents: loadIncidents() });
  const { records: played, events } = await runVirtual({ plan, arrivals, stack });
  const records = spoil({ plan, records: played });
  const knowledge = knowledgeOf(plan, records, arrivals);
  const all = records.client.map((record) => classify(record, knowledge));
  const exposed = all.filter(({ state, record }) => state === "bad" && record.intendedMs >= plan.timeline.faultFromMs);
  const blamed = attributed(plan, exposed, { faults: records.faults, all, knowledge });
  const planted = plan.faults.slice(0, -1 - bystanders.length);
  const decoy = plan.faults.at(-1 - bystanders.length)!.id;
  const touchedBy = (ids: readonly string[]) => new Set(events.flatMap((event) => (event.type === "defect_applied" && ids.includes(event.id) ? event.requestIds : [])));
  const touchedByDecoy = decoyed === alters ? touchedBy([decoy]) : failedBy([decoy], records);
  const isElsewhere = ({ judged }: Attributed) => judged.record.route === "elsewhere";
  const near = blamed.filter((each) => !isElsewhere(each));
  const ids = planted.map(({ id }) => id);
  return {
    plan,
    records,
    verdict: () => judge(plan, records, { arrivals }),
    bad: near.filter(({ judged }) => !touchedByDecoy.has(judged.record.requestId)),
    decoyed: near.filter(({ judged }) => touchedByDecoy.has(judged.record.requestId)),
    elsewhere: blamed.filter(isElsewhere),
    planted: ids,
    decoy,
    apart: planted.every(({ affects }) => !affects.routes.includes("elsewhere")),
    offered: arrivals.length,
    touched: new Set([...touchedBy(ids), ...failedBy(ids, records)]),
  };
}

/**
 * Requests of which the provider spoiled an attempt because of one of these faults, or which got the answer of such an
 * attempt.
 */
function failedBy(faults: readonly string[], { wire, client }: RunRecords): ReadonlySet<string> {
  const isHit = ({ incident, fate, effect }: RunRecords["wire"][number]) => incident !== null && faults.includes(incident) && (fate !== "answer" || effect !== undefined);
  const hits = wire.filter(isHit);
  const answers = hits.flatMap(({ answerId }) => answerId ?? []);
  return new Set([...hits.map(({ requestId }) => requestId), ...client.filter(({ text }) => answers.some((id) => text.includes(id))).map(({ requestId }) => requestId)]);
}

/** Faults that a bad request is attributed to, or whose aftermath it is. */
export const namedBy = ({ blame }: Attributed): readonly string[] => (blame.kind === "faults" ? blame.faults : blame.kind === "aftermath" ? [blame.fault] : []);

/** How much of a planted fault's damage was found, of how much there was. */
export interface Found {
  readonly found: number;
  readonly of: number;
}

/** By how the fault is found. */
export const finds: Readonly<Record<NonNullable<Plant["found"]>, (played: PlayedPlant) => Found>> = {
  attribution: ({ bad, planted }) => ({ found: bad.filter((each) => isOwn(each, planted)).length, of: bad.length }),
  /**
   * Answers that reported a wrong usage because of it, of the whole answers that clients got of spoiled attempts, also
   * from a cache.
   */
  usage: ({ plan, verdict, planted, records }) => {
    const { classes } = verdict().reportedUsage!;
    const wrong = classes.flatMap(({ faults }) => faults).filter(({ fault }) => planted.includes(fault));
    const ids = records.wire.flatMap(({ effect, answerId }) => (effect === "wrong_usage" && answerId !== null ? [answerId] : []));
    const isWhole = ({ text, terminal, intendedMs }: ClientRecord) => terminal && intendedMs >= plan.timeline.faultFromMs && decodeWord(text.split(" ").at(-1) ?? "")?.kind === "close";
    const spoiled = records.client.filter((record) => isWhole(record) && ids.some((id) => record.text.includes(id)));
    return { found: wrong.reduce((sum, { requests }) => sum + requests, 0), of: spoiled.length };
  },
  /** Requests that the gateway did not count, of those that it dropped. */
  counts: ({ verdict, touched }) => {
    const { requests, observedRequests, findings } = verdict().gatewayCounts!;
    const isFound = findings.some((finding) => /^The gateway counted \d+ requests; \d+ were observed/.test(finding));
    return { found: isFound ? observedRequests - requests! : 0, of: touched.size };
  },
  harmless: () => ({ found: 0, of: 0 }),
};

/** Attributed to the planted fault, or to its aftermath, and to nothing else. */
function isOwn(each: Attributed, planted: readonly string[]): boolean {
  const named = namedBy(each);
  return named.length > 0 && named.every((fault) => planted.includes(fault)) && !(each.blame.kind === "faults" && each.blame.overload);
}
