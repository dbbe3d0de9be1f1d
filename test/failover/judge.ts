import { models, recoveredAtMs, sixtyWords, type DeploymentName, type FailoverScenario } from "./scenarios.ts";

/** What one caller got. */
export interface CallerSaw {
  /** Since the scenario began, in its own time. */
  readonly startedMs: number;
  readonly tookMs: number;
  /** No result within the cap. */
  readonly hung: boolean;
  readonly stream: boolean;
  /** Null: no response. */
  readonly status: number | null;
  readonly text: string;
  /** The stream's terminal event came; a JSON body parsed. */
  readonly terminated: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly model: string | null;
  readonly hasUsage: boolean;
}

/** One attempt as a provider received it. */
export interface ProviderSaw {
  readonly deployment: DeploymentName;
  /** Since the request that it belongs to began. */
  readonly afterMs: number;
  /** Since the scenario began. */
  readonly atMs: number;
  readonly promptUnits: number;
}

/** One request of a scenario, and the healthy one after all of them. */
export interface Evidence {
  readonly calls: readonly { readonly caller: CallerSaw; readonly attempts: readonly ProviderSaw[] }[];
  readonly after: CallerSaw;
}

export type CellVerdict = "pass" | "partial" | "safe" | "fail";

export interface Judgement {
  readonly verdict: CellVerdict;
  /** Checks that did not hold, required ones first. */
  readonly missed: readonly string[];
}

interface Check {
  readonly says: string;
  readonly holds: boolean;
  readonly advisory?: true;
}

type Facts = Evidence["calls"][number];

/** Judges one scenario by its rules: from what callers got and what providers received, and from nothing else. */
export function judgeScenario(scenario: FailoverScenario, evidence: Evidence): Judgement {
  const { calls, after } = evidence;
  const checks = [
    ...calls.flatMap(({ caller }) => [
      { says: "no hang", holds: !caller.hung },
      { says: "no truncated success", holds: !isTruncatedSuccess(caller) },
    ]),
    { says: "a healthy call afterwards succeeds within 10 s", holds: isComplete(after) && after.tookMs <= 10_000 },
    ...(scenario.id === "S15" ? checksOfOutage(calls) : calls.flatMap((facts) => checksOf(scenario.id, facts))),
  ];
  const missed = checks.filter(({ holds }) => !holds).sort((a, b) => Number(isAdvisory(a)) - Number(isAdvisory(b)));
  const ideal = calls.every(({ caller }) => (scenario.id === "S13" ? isCleanError(caller) : isComplete(caller)));
  const says = missed.map((check) => (isAdvisory(check) ? `${check.says} (adv)` : check.says));
  if (missed.some((check) => !isAdvisory(check))) return { verdict: "fail", missed: says };
  if (!ideal) return { verdict: calls.every(({ caller }) => isComplete(caller) || isCleanError(caller)) ? "safe" : "fail", missed: ["ideal outcome", ...says] };
  return { verdict: missed.length === 0 ? "pass" : "partial", missed: says };
}

export function isComplete(caller: CallerSaw): boolean {
  const text = caller.text.trim().replace(/\s+/g, " ");
  return caller.status === 200 && caller.error === null && caller.terminated && text === sixtyWords;
}

/** What an SDK hands on as a result though words are missing: a 200 without an error, whose body ends as HTTP says. */
export function isTruncatedSuccess(caller: CallerSaw): boolean {
  return !caller.hung && caller.status === 200 && caller.error === null && !isComplete(caller);
}

function isCleanError(caller: CallerSaw): boolean {
  return !caller.hung && caller.status !== null && caller.error !== null && (caller.status >= 400 || !caller.terminated);
}

function checksOf(id: string, { caller, attempts }: Facts): readonly Check[] {
  const primary = attempts.filter(({ deployment }) => deployment === "primary");
  const atPrimary = (most: number, withinMs = Infinity): Check => ({
    says: `at most ${most} primary attempts${withinMs === Infinity ? "" : ` in ${withinMs} ms`}`,
    holds: primary.filter(({ afterMs }) => afterMs <= withinMs).length <= most,
  });
  const within = (ms: number): Check => ({ says: `call within ${ms} ms`, holds: caller.tookMs <= ms });
  const usage: Check = { says: "usage present", holds: caller.hasUsage, advisory: true };
  const twice: Check = { says: "primary asked again", holds: primary.length >= 2, advisory: true };
  switch (id) {
    case "S01":
      return [twice, { says: "Retry-After waited out", holds: primary.length < 2 || primary[1]!.afterMs - primary[0]!.afterMs >= 1_800, advisory: true }, atPrimary(2, 1_500)];
    case "S02":
      return [atPrimary(4, 3_000), atPrimary(6)];
    case "S03":
      return [twice];
    case "S04":
      return [atPrimary(6)];
    case "S06":
      return [within(100_000), { says: "one primary attempt", holds: primary.length === 1, advisory: true }];
    case "S07":
      return [{ ...within(15_000), advisory: true }];
    case "S09":
      return [within(45_000)];
    case "S10":
      return [{ says: "complete", holds: isComplete(caller), advisory: true }];
    case "S11":
      return [within(8_000), usage];
    case "S12":
      return [{ says: "one primary attempt, or a smaller second", holds: primary.length === 1 || (primary.length === 2 && primary[1]!.promptUnits < primary[0]!.promptUnits) }];
    case "S13":
      return [{ says: "one primary attempt", holds: primary.length === 1 }];
    case "S14":
      return [{ says: "the error is not the prefix refusal", holds: !/prefill/i.test(`${caller.error?.code} ${caller.error?.message}`) }];
    case "S16":
      return [{ says: "names the fallback's model", holds: caller.model === models.fallback }, usage, atPrimary(6)];
    default:
      return [];
  }
}

/** S15: all are answered, none takes 30 s, and the primary is used again within 30 s of its return. */
function checksOfOutage(calls: Evidence["calls"]): readonly Check[] {
  const attempts = calls.flatMap((call) => call.attempts);
  const isBack = attempts.some(({ deployment, atMs }) => deployment === "primary" && atMs >= recoveredAtMs && atMs <= recoveredAtMs + 30_000);
  return [
    { says: "none takes 30 s", holds: calls.every(({ caller }) => caller.tookMs < 30_000) },
    { says: "those in the outage are answered", holds: calls.every(({ caller }) => caller.startedMs >= recoveredAtMs || isComplete(caller)) },
    { says: "primary used again within 30 s of its return", holds: isBack },
  ];
}

function isAdvisory(check: Check): boolean {
  return check.advisory === true;
}
