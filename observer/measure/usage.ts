import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { sum } from "../../kernel/stats.ts";
import type { ReportedUsage, UsageClass } from "../../kernel/reported-usage.ts";
import type { Judged } from "./classify.ts";
import { percent } from "./format.ts";
import type { Knowledge } from "./knowledge.ts";
import { exposureSpan, judgedWithin } from "./windows.ts";

/** A count differs when it is off by more than one token and by more than this share. */
const toleratedShare = 0.01;
const toleratedTokens = 1;

/** An answer that was delivered whole, and the attempts that gave it. */
interface Reported {
  readonly judged: Judged;
  readonly given: readonly WireRecord[];
}

/**
 * The usage that whole answers of the exposure reported to their clients, beside the providers' log of the attempts
 * that gave them. By request class: who answered, in which form, and whether by attempts of the request itself.
 */
export function reportedUsageOf(plan: Plan, all: readonly Judged[], knowledge: Knowledge): ReportedUsage {
  const reported = judgedWithin(exposureSpan(plan), all).flatMap((judged) => reportedBy(judged, knowledge));
  const classes = [...Map.groupBy(reported, classOf).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, same]) => usageClass(plan, same));
  return { compared: sum(classes.map(({ compared }) => compared)), wrong: sum(classes.map(({ wrong }) => wrong)), classes };
}

function reportedBy(judged: Judged, { answers }: Knowledge): readonly Reported[] {
  const { record, reading } = judged;
  if (record.end !== "complete" || !record.terminal || !reading.whole) return [];
  const given = reading.legs.flatMap(({ mark }) => answers.get(mark.answerId) ?? []);
  return given.length < reading.legs.length ? [] : [{ judged, given }];
}

function classOf({ judged: { record }, given }: Reported): string {
  return [given.length === 1 ? given[0]!.deployment : "several", record.stream ? "stream" : "json", sourceOf(record.requestId, given)].join("\u001f");
}

/** Attempts that do not name their request are taken for its own. */
function sourceOf(requestId: string, given: readonly WireRecord[]): UsageClass["source"] {
  return given.some((attempt) => attempt.identity === "header" && attempt.requestId !== requestId) ? "other_request" : "own";
}

function usageClass(plan: Plan, same: readonly Reported[]): UsageClass {
  const [{ judged, given }] = same as readonly [Reported, ...Reported[]];
  const compared = same.filter(({ judged: { record } }) => record.usage !== null);
  const wrong = compared.filter(isWrong);
  const bySource = wrong.map((each) => faultOf(plan, each));
  return {
    deployment: given.length === 1 ? given[0]!.deployment : null,
    form: judged.record.stream ? "stream" : "json",
    source: sourceOf(judged.record.requestId, given),
    compared: compared.length,
    unreported: same.length - compared.length,
    wrong: wrong.length,
    faults: plan.faults.flatMap(({ id }) => {
      const requests = bySource.filter((fault) => fault === id).length;
      return requests === 0 ? [] : [{ fault: id, requests }];
    }),
    reported: total(compared.map(({ judged: { record } }) => record.usage!)),
    logged: total(compared.map((each) => loggedBy(each).most)),
  };
}

interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * What may be reported: the attempt's own counts. Of several legs, at least what one leg read and what was delivered,
 * at most what all read and generated.
 */
function loggedBy({ judged, given }: Reported): { readonly least: Tokens; readonly most: Tokens } {
  const most = { inputTokens: sum(given.map(({ inputTokens }) => inputTokens)), outputTokens: sum(given.map(({ tokensGenerated }) => tokensGenerated)) };
  if (given.length === 1) return { least: most, most };
  const least = { inputTokens: Math.min(...given.map(({ inputTokens }) => inputTokens)), outputTokens: sum(judged.reading.legs.map(({ tokens }) => tokens)) };
  return { least, most };
}

function isWrong(each: Reported): boolean {
  const usage = each.judged.record.usage!;
  const { least, most } = loggedBy(each);
  return (["inputTokens", "outputTokens"] as const).some((kind) => isBeyond(usage[kind], Math.min(least[kind], most[kind]), most[kind]));
}

function isBeyond(reported: number, least: number, most: number): boolean {
  const by = Math.max(least - reported, reported - most);
  return by > toleratedTokens && by > toleratedShare * (reported > most ? most : least);
}

/** The fault that made the provider count wrong, by its log. Null: the system itself reported it wrong. */
function faultOf({ faults }: Plan, { given }: Reported): string | null {
  const attempt = given.find(({ effect }) => effect === "wrong_usage");
  return faults.find(({ id }) => id === attempt?.incident)?.id ?? null;
}

function total(counts: readonly Tokens[]): Tokens {
  return { inputTokens: sum(counts.map(({ inputTokens }) => inputTokens)), outputTokens: sum(counts.map(({ outputTokens }) => outputTokens)) };
}

/** A sentence where answers reported wrong usage; none where all agree. */
export function usageSentences(plan: Plan, reported: ReportedUsage | null): readonly string[] {
  if (reported === null || reported.wrong === 0) return [];
  const byFault = Map.groupBy(reported.classes.flatMap(({ faults }) => faults), ({ fault }) => fault);
  const named = [...byFault].map(([fault, counts]) => ({ title: plan.faults.find(({ id }) => id === fault)?.title ?? fault, requests: sum(counts.map(({ requests }) => requests)) }));
  const own = reported.wrong - sum(named.map(({ requests }) => requests));
  const parts = [...named.map(({ title, requests }) => `${requests} by ${title}`), ...(own === 0 ? [] : [`${own} by the system itself`])];
  return [`${reported.wrong} (${percent(reported.wrong / reported.compared)}) of ${reported.compared} answers reported another usage than the providers logged: ${parts.join(", ")}.`];
}
