import type { CanaryRecord, ClientRecord, FaultRecord, WireRecord } from "../../kernel/records.ts";
import type { Mutation } from "./mutation.ts";
import { onHeader, onRecord, onTap, shiftedTap } from "./mutation.ts";
import { NotApplicable, type Mutable, type RunCopy } from "./run-copy.ts";

type Attempt = Mutable<WireRecord>;

const all = (name: string, change: Mutation["change"], more: Partial<Mutation> = {}): Mutation => ({ name, seal: "all", change, ...more });

/** Ids of the answers that some client has. */
function delivered(run: RunCopy): ReadonlySet<string> {
  return new Set(run.tap<ClientRecord>("client").records.map(({ text }) => text.slice(2, 18)));
}

const isDelivered = (attempt: Attempt, run: RunCopy) => delivered(run).has(attempt.answerId as string);
const isAny = () => true;
const isClients = ({ requestId }: Attempt) => !requestId.startsWith("canary-");

const wire = (name: string, fits: (attempt: Attempt, run: RunCopy) => boolean, changes: (attempt: Attempt) => object, more: Partial<Mutation> = {}): Mutation =>
  all(`wire: ${name}`, onRecord("wire-primary", fits, (attempt) => void Object.assign(attempt, changes(attempt))), more);

export const wireMutations: readonly Mutation[] = [
  all("wire: the attempt of a delivered answer is left out", onRecord("wire-primary", isDelivered, (attempt, records) => void records.splice(records.indexOf(attempt), 1))),
  all("wire: all attempts are left out", onTap("wire-primary", () => [])),
  all("wire: an attempt comes twice", onRecord("wire-primary", isAny, (attempt, records) => void records.push(attempt))),
  all("wire: the attempts are turned round", onTap("wire-primary", (records) => records.reverse()), { harmless: "no figure rests on the order of a log's lines" }),
  wire("an attempt is of a request that no client sent", isClients, () => ({ requestId: "r-5-99999" })),
  wire("an attempt is of another request", isDelivered, ({ requestId }) => ({ requestId: requestId.replace(/\d+$/, (n) => String((Number(n) + 1) % 200)) }), {
    noBetter: "with a cache, any request of the team may have asked first",
    foundIn: ["held", "deviated", "unrecovered"],
  }),
  wire("an answer has another id", isDelivered, () => ({ answerId: "a".repeat(16) })),
  wire("an answer has none", isDelivered, () => ({ answerId: null })),
  wire("an attempt is at another deployment", isAny, () => ({ deployment: "fallback" })),
  wire("an ordinal is skipped", isAny, ({ ordinal }) => ({ ordinal: ordinal + 1 })),
  wire("an ordinal is negative", isAny, () => ({ ordinal: -1 })),
  wire("an attempt ends before it came", isAny, ({ arrivedMs }) => ({ endedMs: arrivedMs - 5 })),
  wire("an attempt came before its request was sent", isClients, ({ arrivedMs }) => ({ arrivedMs: arrivedMs - 2_000 })),
  wire("an attempt came after its client had the answer", isDelivered, ({ arrivedMs, endedMs }) => ({ arrivedMs: arrivedMs + 5_000, endedMs: endedMs + 5_000 })),
  wire("an attempt ended long after its client had the whole answer", isDelivered, ({ endedMs }) => ({ endedMs: endedMs + 5_000 })),
  wire("an attempt ended after the run", isAny, () => ({ endedMs: 1e9 })),
  wire("an attempt came by a link that the plan has not", isAny, () => ({ link: "nowhere" })),
  wire("an attempt came by another provider's link", isAny, ({ link }) => ({ link: link!.replace("primary", "fallback") })),
  wire("more tokens were sent than generated", isDelivered, () => ({ tokensGenerated: 0 })),
  wire("tokens are negative", isAny, () => ({ tokensGenerated: -5 })),
  wire("tokens are a fraction", isAny, () => ({ tokensGenerated: 1.5 })),
  wire("a phase that is not in force", isClients, () => ({ incident: "down", phase: 7 })),
  wire("an incident that the plan has not", isAny, () => ({ incident: "another", phase: 0 })),
  wire("a fate that no provider has", isAny, () => ({ fate: "fine" })),
  wire("an identity that no provider has", isAny, () => ({ identity: "none" })),
  wire("a time is null", isAny, () => ({ arrivedMs: null })),
  wire("a time is a text", isAny, () => ({ arrivedMs: "1e3" })),
  wire("a field is missing", isAny, () => ({ model: undefined })),
  wire("waited longer than it took", isAny, () => ({ load: { queuedMs: 1e6, slowedMs: 0, refused: null } })),
  wire("waited for a negative time", isAny, () => ({ load: { queuedMs: -1, slowedMs: 0, refused: null } })),
  all("wire: every answer is matched by its digest alone", onTap("wire-primary", (records) => records.forEach((one) => void (one.identity = "digest"))), { noBetter: "answers keep their ids" }),
  all("wire: every time is 5 s later", shiftedTap("wire-primary", ["arrivedMs", "endedMs"], 5_000)),
  all("wire: every time is 5 s earlier", shiftedTap("wire-primary", ["arrivedMs", "endedMs"], -5_000)),
  all("wire: every time of the fallback is 5 s later", shiftedTap("wire-fallback", ["arrivedMs", "endedMs"], 5_000), { harmless: "no client had an answer of it", foundIn: ["held"] }),
  all("wire: every time of the fallback is 5 s earlier", shiftedTap("wire-fallback", ["arrivedMs", "endedMs"], -5_000)),
  all("wire: the header is of another run", onHeader("wire-primary", (header) => void (header.run = "another"))),
  all("wire: the header has another epoch", onHeader("wire-primary", (header) => void (header.epochMs -= 5_000))),
  all("wire: the two logs are swapped", (run) => {
    const [primary, fallback] = [run.text("taps/wire-primary.ndjson"), run.text("taps/wire-fallback.ndjson")];
    run.write("taps/wire-primary.ndjson", fallback);
    run.write("taps/wire-fallback.ndjson", primary);
  }),
  { name: "wire: the record of an attempt that failed is left out", seal: "tap", change: onRecord("wire-primary", isAny, (attempt, records) => void records.splice(records.indexOf(attempt), 1)) },
  { name: "wire: all attempts that were not delivered are left out", seal: "tap", change: onTap("wire-primary", (records, _, run) => {
    const left = records.filter((one) => isDelivered(one, run));
    if (left.length === records.length) throw new NotApplicable("all were delivered");
    return left;
  }) },
  { name: "wire: fewer tokens were read", seal: "tap", change: onRecord("wire-primary", isDelivered, (attempt) => void (attempt.inputTokens = 0)) },
  { name: "wire: a record is altered", seal: "nothing", change: onRecord("wire-primary", isAny, (attempt) => void (attempt.status = 201)) },
];

const fault = (name: string, action: string, changes: (record: Mutable<FaultRecord>) => object, more: Partial<Mutation> = {}): Mutation =>
  all(`faults: ${name}`, onRecord("faults", (record) => record.action === action, (record) => void Object.assign(record, changes(record))), more);

export const faultMutations: readonly Mutation[] = [
  ...["injected", "lifted"].flatMap((action) => [
    all(`faults: a record "${action}" is left out`, onRecord("faults", (record) => record.action === action, (record, records) => void records.splice(records.indexOf(record), 1))),
    all(`faults: a record "${action}" comes twice`, onRecord("faults", (record) => record.action === action, (record, records) => void records.push(record))),
    fault(`${action} 60 s late`, action, ({ begunMs, atMs }) => ({ begunMs: begunMs! + 60_000, atMs: atMs + 60_000 })),
    fault(`${action} 5 s late`, action, ({ begunMs, atMs }) => ({ begunMs: begunMs! + 5_000, atMs: atMs + 5_000 })),
    fault(`${action} 5 s early`, action, ({ begunMs, atMs }) => ({ begunMs: begunMs! - 5_000, atMs: atMs - 5_000 })),
    fault(`${action} in effect 5 s after it was begun`, action, ({ atMs }) => ({ atMs: atMs + 5_000 })),
    fault(`${action} in effect before it was begun`, action, ({ atMs }) => ({ atMs: atMs - 100 })),
    fault(`${action}, planned for another time`, action, ({ plannedMs }) => ({ plannedMs: plannedMs + 1_000 })),
    fault(`${action} of a fault that the plan has not`, action, () => ({ fault: "another" })),
    fault(`${action} had failed`, action, () => ({ action: "failed" })),
  ]),
  all("faults: injected and lifted change places", onTap("faults", (records) => records.reverse())),
  all("faults: all records are left out", onTap("faults", () => [])),
  all("faults: a record of no fault is added", onTap("faults", (records) => [...records, { ...records[0]!, fault: "another" }])),
  all("faults: every time is 5 s later", shiftedTap("faults", ["begunMs", "atMs", "plannedMs"], 5_000)),
  all("faults: every time is 5 s earlier", shiftedTap("faults", ["begunMs", "atMs", "plannedMs"], -5_000)),
  fault("lifted at a time that is none", "lifted", () => ({ atMs: "soon" })),
  all("faults: no record says when it was begun", onTap("faults", (records) => records.forEach((record) => void delete record.begunMs)), { harmless: "each was in effect when it was begun" }),
  all("faults: the details are others", onTap("faults", (records) => records.forEach((record) => void (record.detail = "x"))), { harmless: "they are for people" }),
  { name: "faults: a record is altered", seal: "tap", change: onRecord("faults", isAny, (record) => void (record.atMs += 1)) },
];

const isOk = ({ ok }: Mutable<CanaryRecord>) => ok === true;

export const probeMutations: readonly Mutation[] = [
  all("probes: all records are left out", onTap("canary", () => []), { noBetter: "what deviated stays so", foundIn: ["held"] }),
  all("probes: all failed", onTap("canary", (records) => records.forEach((one) => void Object.assign(one, { ok: false, status: 503, failure: "overloaded" }))), { noBetter: "what deviated stays so", foundIn: ["held"] }),
  all("probes: one is left out", onTap("canary", (records) => records.slice(1)), { harmless: "no figure rests on a single probe" }),
  all("probes: one comes twice", onTap("canary", (records) => [...records, records[0]!])),
  all("probes: one is of a route that the plan has not", onRecord("canary", isAny, (one) => void (one.route = "nowhere"))),
  all("probes: one ends before it begins", onRecord("canary", isAny, (one) => void (one.endMs = one.sentMs - 5))),
  all("probes: one ends after the run", onRecord("canary", isAny, (one) => void (one.endMs = 1e9))),
  all("probes: one is good, with an error's status", onRecord("canary", isOk, (one) => void (one.status = 500))),
  all("probes: one is good, and failed", onRecord("canary", isOk, (one) => void (one.failure = "total_timeout"))),
  all("probes: one has no status that is a number", onRecord("canary", isAny, (one) => void Object.assign(one, { status: "ok" }))),
  all("probes: the header is of another run", onHeader("canary", (header) => void (header.run = "another"))),
  all("metrics: all readings are left out", onTap("counted", () => []), { harmless: "what the gateway counted is shown beside the verdict, and decides nothing" }),
  all("metrics: the readings are of another base", (run, { other, sealsTaps }) => run.writeTap("counted", { header: run.tap("counted").header, records: other.tap("counted").records }, sealsTaps), {
    harmless: "what the gateway counted is shown beside the verdict, and decides nothing",
  }),
  all("metrics: a reading is negative", onRecord("counted", isAny, (one) => void (one.requestsTotal = -1))),
  all("metrics: a reading is a text", onRecord("counted", isAny, (one) => void Object.assign(one, { failuresTotal: "none" }))),
  all("metrics: the readings run backwards", onTap("counted", (records) => records.reverse())),
  all("metrics: a reading is after the run", onTap("counted", (records) => void (records.at(-1)!.atMs = 1e9))),
  all("metrics: the header has another epoch", onHeader("counted", (header) => void (header.epochMs += 1))),
];
