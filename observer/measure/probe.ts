import { messageDigest, nameLetters } from "../../kernel/mark.ts";
import type { FailureKind } from "../../kernel/outcome.ts";
import type { Cell, Plan } from "../../kernel/plan.ts";
import type { CanaryRecord } from "../../kernel/records.ts";
import type { Headers, TransportRequest } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { readAnswer } from "./answer-text.ts";
import { canaryPrefix } from "./knowledge.ts";

/**
 * Each route is probed this often from the timeline's zero to the last intended send, and a probe waits this long, ms.
 */
export const probeTimes = { everyMs: 2_000, timeoutMs: 10_000 } as const;

const words = 4;
/** Letters alone, and no workload's prompt: its digest is in no plan. */
const prompt = "the observer asks whether anybody is there";
const shownChars = 200;

/** One way to probe: a route, as a client of its first cell would use it. */
export interface Probe {
  readonly route: string;
  /** The entries of its region, which it tries in turn. */
  readonly targets: readonly string[];
  readonly key: string;
  /** Sent besides; they replace the probe's own. */
  readonly headers: Headers;
}

/** What a probe gave. */
export type ProbeResult = Pick<CanaryRecord, "status" | "failure" | "detail">;

/**
 * Base URLs by region, one an entry, and bearer token by `team/feature`; `observer/canary`, where it exists, is the
 * probes' own.
 */
export interface ProbeConfig {
  readonly targets: Readonly<Record<string, readonly string[]>>;
  readonly keys: Readonly<Record<string, string>>;
  readonly headers?: Headers;
}

/** A probe for each route that a cell uses. A route whose region or key is not configured has none. */
export function probesOf(plan: Plan, { targets, keys, headers = {} }: ProbeConfig): readonly Probe[] {
  return plan.routes.flatMap(({ name }) => {
    const cell = plan.cells.find(({ route }) => route === name);
    const entries = cell === undefined ? undefined : targets[cell.region];
    const key = cell === undefined ? undefined : keyOf(cell, keys);
    return entries === undefined || key === undefined ? [] : [{ route: name, targets: entries, key, headers }];
  });
}

function keyOf(cell: Cell, keys: ProbeConfig["keys"]): string | undefined {
  return keys["observer/canary"] ?? keys[`${cell.team}/${cell.feature}`];
}

/** The id of the `number`-th probe of a route. */
export const probeId = ({ route }: Probe, number: number): string => `${canaryPrefix}${route}-${number}`;

/** Each entry has its turn, so that an edge that is down shows. */
const entryOf = ({ targets }: Probe, number: number): string => targets[number % targets.length]!;

export function probeRequest(probe: Probe, number: number): TransportRequest {
  return {
    method: "POST",
    url: `${entryOf(probe, number)}/v1/chat/completions`,
    headers: { "content-type": "application/json", authorization: `Bearer ${probe.key}`, "x-client-request-id": probeId(probe, number), ...probe.headers },
    body: utf8Bytes(JSON.stringify({ model: probe.route, messages: [{ role: "user", content: prompt }], max_tokens: words, stream: false })),
  };
}

/** The record of a probe. `ok` iff the answer is whole, to this prompt, and by one of the route's deployments. */
export function canaryRecord(probe: Probe, number: number, seen: ProbeResult & Pick<CanaryRecord, "sentMs" | "endMs">): CanaryRecord {
  const { sentMs, endMs, status, failure, detail } = seen;
  return { probe: probeId(probe, number), route: probe.route, ...(probe.targets.length > 1 && { entry: entryOf(probe, number) }), sentMs, endMs, status, failure, detail, ok: failure === null && detail === "" };
}

/** What a whole response to a probe of that route means. */
export function judgeResponse(status: number, body: string, route: string, plan: Plan): ProbeResult {
  if (status < 200 || status > 299) return { status, failure: failureOf(status), detail: body.slice(0, shownChars) };
  const text = contentOf(body);
  return text === null ? { status, failure: "malformed", detail: body.slice(0, shownChars) } : { status, ...judgeText(text, route, plan) };
}

/** The answer's text; null where the body is not one of chat completions. */
function contentOf(body: string): string | null {
  try {
    const { choices } = JSON.parse(body) as { choices: { message: { content: unknown } }[] };
    const content = choices[0]!.message.content;
    return typeof content === "string" ? content : null;
  } catch {
    return null;
  }
}

/** An answer that is not the one to this probe has no failure kind of its own: its detail names the problem. */
function judgeText(text: string, route: string, plan: Plan): Pick<CanaryRecord, "failure" | "detail"> {
  const reading = readAnswer(text, false);
  if (reading.fault !== null) return { failure: "contract", detail: `${reading.fault.kind}: ${reading.fault.detail}` };
  if (!reading.whole) return { failure: "truncated", detail: "the answer does not close" };
  const allowed = new Set(plan.routes.find(({ name }) => name === route)?.deployments.map(nameLetters));
  const digest = messageDigest(plan.markKey, prompt);
  if (reading.legs.some(({ mark }) => mark.digest !== digest)) return { failure: "contract", detail: "an answer to another message" };
  if (!reading.legs.every(({ mark }) => allowed.has(mark.deployment))) return { failure: "contract", detail: `an answer by a deployment outside route ${route}` };
  return { failure: null, detail: "" };
}

function failureOf(status: number): FailureKind {
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status === 401 || status === 403) return "auth";
  if (status === 404 || status === 410) return "not_found";
  return status >= 500 ? "server_error" : "bad_request";
}
