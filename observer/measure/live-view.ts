import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { LoadSource } from "../../kernel/load-source.ts";
import type { CountedRecord, ClientRecord, LiveLine, WireRecord } from "../../kernel/records.ts";
import { firstAlarmMs } from "./burn-rate.ts";
import type { BadCause } from "../../kernel/judgement.ts";
import { classify, type Judged } from "./classify.ts";
import { knowledgeOf, type Knowledge } from "./knowledge.ts";
import { LiveSteps } from "./live-steps.ts";
import { firstAtOrAfter, tallyOf } from "./tally.ts";

/** Whatever offers a live load, its answers are timed by the lab's own client or relay. */
const liveSource: LoadSource = { generator: "", instrument: "relay" };

/**
 * The run so far. A preview: a request is judged when its record comes, by the attempts that are known by then; the
 * verdict judges again with all of them.
 */
export class LiveView {
  readonly #plan: Plan;
  readonly #knowledge: Knowledge;
  readonly #attempts = new Map<string, WireRecord[]>();
  readonly #answers = new Map<string, WireRecord>();
  readonly #teams = new Map<string, string>();
  readonly #arrivalTimes: readonly number[];
  readonly #steps: LiveSteps;
  readonly #perDeployment: Record<string, { attempts: number; failures: number }>;
  readonly #badByCause: Record<string, number> = {};
  #recent: { readonly atMs: number; readonly bad: boolean }[] = [];
  #done = 0;
  #bad = 0;
  #firstAlarmMs: number | null = null;
  #counted: CountedRecord | null = null;

  constructor(plan: Plan, arrivals: readonly Arrival[]) {
    this.#plan = plan;
    this.#knowledge = {
      ...knowledgeOf(plan, { loadSource: liveSource, client: [], wire: [] }, arrivals),
      attempts: this.#attempts,
      answers: this.#answers,
      teams: this.#teams,
    };
    for (const { requestId, team } of arrivals) this.#teams.set(requestId, team);
    this.#arrivalTimes = arrivals.map(({ atMs }) => atMs).sort((a, b) => a - b);
    this.#steps = new LiveSteps(plan, arrivals);
    this.#perDeployment = Object.fromEntries(plan.deployments.map(({ name }) => [name, { attempts: 0, failures: 0 }]));
  }

  takeWire(record: WireRecord): void {
    const same = this.#attempts.get(record.requestId);
    if (same === undefined) this.#attempts.set(record.requestId, [record]);
    else same.push(record);
    if (record.answerId !== null) this.#answers.set(record.answerId, record);
    const counts = (this.#perDeployment[record.deployment] ??= { attempts: 0, failures: 0 });
    counts.attempts++;
    this.#steps.takeWire(record);
    if (isFailedAttempt(record)) counts.failures++;
  }

  /** Returns what the request is judged to be now. */
  takeClient(record: ClientRecord): Judged {
    const judged = classify(record, this.#knowledge);
    const { state, cause } = judged;
    this.#steps.takeJudged(judged);
    if (state === "left") this.#done++;
    else this.#count(record.endMs, cause);
    return judged;
  }

  /** Null for a request that is not planned. */
  teamOf(requestId: string): string | null {
    return this.#teams.get(requestId) ?? null;
  }

  /** How many requests' time to be sent has come. */
  offered(atMs: number): number {
    return firstAtOrAfter(this.#arrivalTimes, atMs);
  }

  #count(endMs: number, cause: BadCause | null): void {
    this.#done++;
    this.#recent.push({ atMs: endMs, bad: cause !== null });
    if (cause === null) return;
    this.#bad++;
    this.#badByCause[cause] = (this.#badByCause[cause] ?? 0) + 1;
  }

  takeCounted(record: CountedRecord): void {
    this.#counted = record;
  }

  /** The state at `atMs`. Calls must not go back in time. */
  line(atMs: number): LiveLine {
    const { windowMs, burnRate } = this.#plan.measure;
    const keptMs = Math.max(windowMs, burnRate.longMs, burnRate.shortMs);
    this.#recent = this.#recent.filter((event) => event.atMs >= atMs - keptMs);
    const countBetween = tallyOf(this.#recent);
    if (atMs >= this.#plan.timeline.faultFromMs) this.#firstAlarmMs ??= firstAlarmMs(countBetween, burnRate, { fromMs: atMs, toMs: atMs });
    const { total, bad } = countBetween(atMs - windowMs, Infinity);
    return {
      atMs,
      sent: Math.max(this.#done, this.offered(atMs)),
      done: this.#done,
      bad: this.#bad,
      badByCause: this.#badByCause,
      windowBadShare: total === 0 ? null : bad / total,
      perDeployment: this.#perDeployment,
      firstAlarmMs: this.#firstAlarmMs,
      gatewayCountedFailures: this.#counted?.failuresTotal ?? null,
      steps: this.#steps.changed(atMs),
    };
  }
}

/** Of the provider's making: a caller that left is none. */
export function isFailedAttempt({ status, end }: Pick<WireRecord, "status" | "end">): boolean {
  return status === null || status >= 400 || end === "broken";
}
