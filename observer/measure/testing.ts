import { answerWord, encodeClose, encodeOpen, messageDigest, nameLetters, type Mark } from "../../kernel/mark.ts";
import type { LoadSource } from "../../kernel/load-source.ts";
import { hashLetters } from "../../kernel/hash.ts";
import type { Arrival, Cell, Deployment, Plan, PlannedPrompt } from "../../kernel/plan.ts";
import type { CanaryRecord, ClientRecord, FaultRecord, RunRecords, WireRecord } from "../../kernel/records.ts";
import type { Component, Link, Role } from "../../kernel/topology.ts";

/** Runs written by hand, for the tests of the measures: a plan, and records as an honest system would leave them. */

const markKey = "key";
const latency = { firstTokenMsP50: 300, firstTokenSigma: 0.3, tokensPerSecond: 80, source: "made up for a test" };
const slo = { firstTokenMs: 1_000, totalMs: 4_000 };
export const wordCount = 6;

export const primary: Deployment = { name: "primary", provider: "openai", dialect: "openai", model: "model-one", latency };
export const fallback: Deployment = { name: "fallback", provider: "anthropic", dialect: "anthropic", model: "model-two", latency };
export const outsider: Deployment = { name: "outsider", provider: "openai", dialect: "openai", model: "model-three", latency };

/** A cell of a team of the same name; its route is `main`, or `side`, which has `outsider` alone. */
export function cellNamed(team: string, route = "main"): Cell {
  return { name: `${team}/chat/local`, team, feature: "chat", region: "local", route, slo };
}

export function promptText(team: string, which = "one"): string {
  return `question ${which} of ${team}`;
}

export function digestOf(team: string, which = "one"): string {
  return messageDigest(markKey, promptText(team, which));
}

const part = (id: string, role: Role, deployment?: string): Component => ({ id, role, region: "local", replica: 1, ...(deployment !== undefined && { deployment }) });
const providers = [primary, fallback, outsider].map(({ name }) => part(`provider-${name}`, "provider", name));
const components: readonly Component[] = [part("client", "client"), part("gateway", "gateway"), part("store", "store"), ...providers];
const links: readonly Link[] = [
  { id: "client~gateway", from: "client", to: "gateway" },
  ...["store", ...providers.map(({ id }) => id)].map((to) => ({ id: `gateway~${to}`, from: "gateway", to })),
];

/**
 * A fault's records as a conductor leaves them that injects and lifts at these times, to the millisecond; as planned,
 * by default.
 */
export function playedAt(fault: string, fromMs = 20_000, toMs = 60_000, planned = { fromMs, toMs }): readonly FaultRecord[] {
  return ([["injected", fromMs, planned.fromMs], ["lifted", toMs, planned.toMs]] as const).map(([action, atMs, plannedMs]) => ({ fault, action, plannedMs, begunMs: atMs, atMs, detail: "" }));
}

/** Steady from 0 to 20 s, faults until 60 s, recovery until 100 s; every expectation and setting can be replaced. */
export function planOf(overrides: Partial<Plan> = {}): Plan {
  const cells = overrides.cells ?? [cellNamed("red"), cellNamed("blue")];
  const teams = [...new Set(cells.map(({ team }) => team))];
  const prompts: PlannedPrompt[] = teams.flatMap((team) =>
    ["one", "two"].map((which) => ({ digest: digestOf(team, which), intent: `${team}-${which}`, teams: [team], words: wordCount })),
  );
  return {
    schema: "blastlab.plan/2",
    run: "run-by-hand",
    scenario: "by-hand",
    stack: "by-hand",
    title: "By hand",
    seed: 7,
    speed: 1,
    timeline: { steadyFromMs: 0, faultFromMs: 20_000, faultToMs: 60_000, endMs: 100_000 },
    cells,
    routes: [
      { name: "main", deployments: ["primary", "fallback"] },
      { name: "side", deployments: ["outsider"] },
    ],
    deployments: [primary, fallback, outsider],
    components,
    links,
    faults: [],
    markKey,
    prompts,
    arrivalCount: 0,
    measure: {
      windowMs: 10_000,
      requestsMin: 20,
      badShareMax: 0.05,
      control: "self",
      recovery: { holdMs: 30_000, badShareMax: 0.05 },
      burnRate: { slo: 0.99, longMs: 12_000, shortMs: 2_000, rate: 6 },
      steadyBadShareMax: 0.02,
    },
    expectations: [{ measure: "blastRadius", atMost: 1 }],
    cacheDeclared: false,
    metricsDeclared: true,
    ...overrides,
  };
}

export function markOf(options: { answerId: string; deployment?: Deployment; model?: string; digest: string }): Mark {
  const { answerId, deployment = primary, model = deployment.model, digest } = options;
  return { answerId: hashLetters(answerId), deployment: nameLetters(deployment.name), model: nameLetters(model), digest };
}

/** A leg of an answer: OPEN, words `first` to `last`, CLOSE unless cut. */
export function legOf(mark: Mark, first = 1, last = wordCount, cut = false): string {
  const words = Array.from({ length: last - first + 1 }, (_, index) => answerWord(mark.digest, first + index));
  return [encodeOpen(mark, first), ...words, ...(cut ? [] : [encodeClose(mark, last)])].join(" ");
}

/** A probe of the observer that was answered, from a cache as far as the log knows. */
const probed: readonly CanaryRecord[] = [{ probe: "canary-main-0", route: "main", sentMs: 0, endMs: 9, status: 200, ok: true, failure: null, detail: "" }];

/** A load tool whose clients may leave on purpose. */
export const somebodysTool: LoadSource = { generator: "somebody", instrument: "relay" };

/** Collects the records of a run; each method adds one request and what the providers logged of it. */
export class HandMadeRun {
  readonly client: ClientRecord[] = [];
  readonly wire: WireRecord[] = [];
  readonly arrivals: Arrival[] = [];
  loadSource: LoadSource = { generator: "embedded", instrument: "embedded" };

  /** A whole answer by the primary, 0.5 s after its intended send. */
  good(team: string, atMs: number, changes: Partial<ClientRecord> & { deployment?: Deployment } = {}): ClientRecord {
    const { deployment = team === "side" ? outsider : primary, ...rest } = changes;
    const requestId = `r-${this.client.length}`;
    const mark = markOf({ answerId: requestId, deployment, digest: digestOf(team) });
    this.attempt({ requestId, deployment: deployment.name, model: deployment.model, arrivedMs: atMs, answerId: mark.answerId, digest: mark.digest });
    return this.request(team, atMs, { text: legOf(mark), model: deployment.model, claimedDeployment: deployment.name, ...rest });
  }

  /** The provider answered 500, and so did the system. */
  failed(team: string, atMs: number, changes: Partial<ClientRecord> = {}): ClientRecord {
    const requestId = `r-${this.client.length}`;
    this.attempt({ requestId, arrivedMs: atMs, fate: "error", status: 500, tokensGenerated: 0, tokensSent: 0 });
    return this.request(team, atMs, { status: 500, errorCode: "server_error", firstTokenMs: null, terminal: true, finishReason: null, ...changes });
  }

  request(team: string, atMs: number, changes: Partial<ClientRecord>): ClientRecord {
    const index = this.client.length;
    const record: ClientRecord = {
      requestId: `r-${index}`,
      arrival: index,
      team,
      feature: "chat",
      region: "local",
      route: "main",
      stream: true,
      intendedMs: atMs,
      sentMs: atMs + 1,
      firstByteMs: atMs + 290,
      firstTokenMs: atMs + 300,
      gapMsMax: changes.firstTokenMs === null ? null : 20,
      endMs: atMs + 500,
      end: "complete",
      status: 200,
      terminal: true,
      finishReason: "stop",
      errorCode: null,
      text: "",
      model: null,
      claimedDeployment: null,
      usage: null,
      ...changes,
    };
    this.client.push(record);
    const { requestId, feature, region, route, stream } = record;
    this.arrivals.push({ index, atMs, requestId, client: "c", team, feature, region, route, prompt: promptText(team), maxTokens: wordCount, stream });
    return record;
  }

  attempt(changes: Partial<WireRecord>): void {
    this.wire.push({
      deployment: "primary",
      requestId: "r-0",
      identity: "header",
      ordinal: 0,
      arrivedMs: 0,
      endedMs: (changes.arrivedMs ?? 0) + 400,
      incident: null,
      phase: -1,
      fate: "answer",
      status: 200,
      stream: true,
      answerId: null,
      model: "model-one",
      digest: null,
      inputTokens: 5,
      tokensGenerated: wordCount + 2,
      tokensSent: wordCount + 2,
      end: "sent",
      ...changes,
    });
  }

  /** One request every `everyMs` from `fromMs` (included) to `toMs` (not), each by `make`. */
  every(everyMs: number, fromMs: number, toMs: number, make: (atMs: number) => void): this {
    for (let atMs = fromMs; atMs < toMs; atMs += everyMs) make(atMs);
    return this;
  }

  records(changes: Partial<RunRecords> = {}): RunRecords {
    return { loadSource: this.loadSource, client: this.client, wire: this.wire, canary: probed, counted: [], faults: [], tapFaults: [], ...changes };
  }

  plan(overrides: Partial<Plan> = {}): Plan {
    return planOf({ arrivalCount: this.client.length, ...overrides });
  }
}
