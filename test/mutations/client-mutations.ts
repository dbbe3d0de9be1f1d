import type { ClientRecord } from "../../kernel/records.ts";
import type { Mutation } from "./mutation.ts";
import { onHeader, onRecord, onTap, shiftedTap } from "./mutation.ts";
import { NotApplicable, type Mutable } from "./run-copy.ts";

type Client = Mutable<ClientRecord>;

const isGood = ({ status, text, end }: Client) => end === "complete" && status === 200 && text !== "";
const isFailed = (record: Client) => !isGood(record);
const isExposed = ({ intendedMs }: Client) => intendedMs >= 9_000;
const isBad = (record: Client) => isFailed(record) && isExposed(record);
const isServed = (record: Client) => isGood(record) && isExposed(record);
const isStream = (record: Client) => isGood(record) && record.stream === true && record.gapMsMax !== null;
const any = () => true;

const all = (name: string, change: Mutation["change"], more: Partial<Mutation> = {}): Mutation => ({ name: `client: ${name}`, seal: "all", change, ...more });
const set = (fits: (record: Client) => boolean, changes: object | ((record: Client) => object)) =>
  onRecord("client", fits, (record) => void Object.assign(record, typeof changes === "function" ? (changes as (record: Client) => object)(record) : changes));

/** Makes every failed request of the exposure look good with what `answer` gives it. */
const whitewash = (answer: (record: Client, good: Client, records: Client[]) => object) =>
  onTap("client", (records) => {
    const good = records.find(isGood);
    const bad = records.filter(isBad);
    if (good === undefined || bad.length === 0) throw new NotApplicable("nothing is bad");
    for (const record of bad) Object.assign(record, answer(record, good, records));
  });

const shifted = (fields: readonly string[], byMs: number) => shiftedTap("client", fields, byMs);

const times = ["sentMs", "firstByteMs", "firstTokenMs", "endMs"];
const answered = { status: 200, terminal: true, end: "complete", errorCode: null, finishReason: "stop" };

export const clientMutations: readonly Mutation[] = [
  all("the first record is left out", onTap("client", (records) => records.slice(1))),
  all("the last record is left out", onTap("client", (records) => records.slice(0, -1))),
  all("a bad request is left out", onRecord("client", isBad, (record, records) => void records.splice(records.indexOf(record), 1))),
  all("all bad requests are left out", onTap("client", (records) => records.filter((record) => !isBad(record))), { harmless: "nothing is bad there", foundIn: ["deviated", "unrecovered"] }),
  all("every second record is left out", onTap("client", (records) => records.filter((_, index) => index % 2 === 0))),
  all("all records are left out", onTap("client", () => [])),
  all("a record comes twice", onRecord("client", isGood, (record, records) => void records.push(record))),
  all("a good record takes a bad one's place", onTap("client", (records) => {
    const at = records.findIndex(isBad);
    if (at < 0) throw new NotApplicable("nothing is bad");
    return records.with(at, records.find(isGood)!);
  })),
  all("two neighbours are swapped", onTap("client", ([first, second, ...rest]) => [second!, first!, ...rest]), { harmless: "requests are judged in the order of their arrivals" }),
  all("the records are turned round", onTap("client", (records) => records.reverse()), { harmless: "requests are judged in the order of their arrivals" }),
  all("a failed request has another's text", whitewash((_, good) => ({ ...answered, text: good.text, firstByteMs: null, firstTokenMs: null })), { noBetter: "it is wrong" }),
  all("failed requests have the whole record of a good one", whitewash((record, good) => ({ ...good, requestId: record.requestId, arrival: record.arrival, team: record.team, feature: record.feature }))),
  all("a failed request ends with 200 and no text", whitewash(() => answered), { noBetter: "without a text it is cut short" }),
  all("a failed request has no status", whitewash(() => ({ status: null })), { noBetter: "it stays an error" }),
  all("failed requests ended because the client left", whitewash(() => ({ end: "aborted" })), { noBetter: "no client of the lab leaves on purpose" }),
  all("failed requests were never sent", whitewash(() => ({ end: "dropped", sentMs: null }))),
  all("failed requests have no send, and an end", whitewash(() => ({ sentMs: null }))),
  all("failed requests belong to a cell that the plan has not", whitewash(() => ({ team: "nobody" }))),
  all("failed requests belong to the other cell", whitewash(({ team }) => (team === "sales" ? { team: "support", feature: "chat" } : { team: "sales", feature: "draft" }))),
  all("failed requests were intended in the warm-up", whitewash(() => ({ intendedMs: 10, sentMs: 10 }))),
  all("failed requests were intended after the run", whitewash(() => ({ intendedMs: 1e6, sentMs: 1e6, endMs: 1e6 + 1 }))),
  all("failed requests were intended before zero", whitewash(() => ({ intendedMs: -1, sentMs: -1 }))),
  all("failed requests are of another route", whitewash(() => ({ route: "nowhere" }))),
  all("a request has another id", set(isGood, { requestId: "r-5-99999" })),
  all("a request has another arrival", set(isGood, ({ arrival }) => ({ arrival: arrival + 1 }))),
  all("a stream is a whole answer", set(isStream, { stream: false })),
  all("the end is before the send", set(isGood, ({ sentMs }) => ({ endMs: sentMs! - 5 }))),
  all("the end is before the first token", set(isStream, ({ firstTokenMs }) => ({ endMs: firstTokenMs! - 5 }))),
  all("the first token is after the end", set(isStream, ({ endMs }) => ({ firstTokenMs: endMs + 5 }))),
  all("the first token is before the send", set(isStream, ({ sentMs }) => ({ firstTokenMs: sentMs! - 5 }))),
  all("the end is an hour later", set(isGood, ({ endMs }) => ({ endMs: endMs + 3_600_000 }))),
  all("the end is before the provider had the request", set(isGood, ({ sentMs }) => ({ firstByteMs: sentMs, firstTokenMs: sentMs, gapMsMax: null, endMs: sentMs })), { noBetter: "an answer from the cache comes at once", foundIn: ["held", "deviated", "unrecovered"] }),
  all("a gap is longer than the answer", set(isStream, { gapMsMax: 1e5 })),
  all("a gap is negative", set(isStream, { gapMsMax: -1 })),
  all("a send is before its time", set(isGood, ({ sentMs }) => ({ sentMs: sentMs! - 1_000 }))),
  all("a time is negative", set(isGood, { endMs: -1 })),
  all("a time is beyond all numbers", onTap("client", (records) => void (records[3]!.endMs = 1e300))),
  all("a time is null", set(isGood, { endMs: null })),
  all("a time is a text", set(isGood, { endMs: "NaN" })),
  all("a status is a text", set(isGood, { status: "200" })),
  all("a status is a fraction", set(isGood, { status: 200.5 })),
  all("an end that no client has", set(isGood, { end: "fine" })),
  all("a field is missing", set(isGood, { text: undefined })),
  all("a text is an object", set(isGood, { text: { toString: "x" } })),
  all("a text loses its last word", set(isServed, ({ text }) => ({ text: text.split(" ").slice(0, -1).join(" ") })), { noBetter: "it is cut short" }),
  all("a text loses a word in the middle", set(isServed, ({ text }) => ({ text: text.split(" ").toSpliced(3, 1).join(" ") })), { noBetter: "it is wrong" }),
  all("a text has a word twice", set(isServed, ({ text }) => ({ text: text.split(" ").toSpliced(3, 0, text.split(" ")[3]!).join(" ") })), { noBetter: "it is wrong" }),
  all("a text is by no provider", set(isServed, { text: "Sure! Here is your answer." }), { noBetter: "it is wrong" }),
  all("a text is of another request of the same team", onTap("client", (records) => {
    const [one, two] = records.filter((record) => isServed(record) && record.team === "sales");
    one!.text = two!.text;
  }), { noBetter: "it is wrong" }),
  all("the texts of all wrong answers are empty, and they end as errors", onTap("client", (records) => {
    for (const record of records.filter((one) => isGood(one) && isExposed(one))) Object.assign(record, { text: "", status: 500, errorCode: "server_error", finishReason: null, firstTokenMs: null, gapMsMax: null });
  }), { noBetter: "more is bad", foundIn: [] }),
  all("an answer names another deployment", set(isServed, { claimedDeployment: "elsewhere" }), { noBetter: "it is wrong" }),
  all("no answer names its deployment", onTap("client", (records) => records.forEach((record) => void (record.claimedDeployment = null))), { harmless: "what an answer claims of itself is only held against it" }),
  all("no answer names its model", onTap("client", (records) => records.forEach((record) => void (record.model = null))), { harmless: "what an answer claims of itself is only held against it" }),
  all("no answer has a usage", onTap("client", (records) => records.forEach((record) => void (record.usage = null))), { harmless: "no figure of the verdict rests on the usage that a client was told" }),
  all("no stream has a first token", onTap("client", (records) => records.forEach((record) => void Object.assign(record, { firstTokenMs: null, gapMsMax: null }))), { noBetter: "what never had a first token waited for it until its end" }),
  all("no record has a first byte", onTap("client", (records) => records.forEach((record) => void (record.firstByteMs = null))), { harmless: "older taps have none, and no figure rests on it" }),
  all("every time but the intended one is 5 s later", shifted(times, 5_000)),
  all("every time but the intended one is 1 s earlier", shifted(times, -1_000)),
  all("every time is 5 s later", shifted([...times, "intendedMs"], 5_000)),
  all("every time is 5 s earlier", shifted([...times, "intendedMs"], -5_000)),
  all("every time but the intended one is 40 ms later", shifted(times, 40), { noBetter: "later is worse" }),
  all("the tap names another generator", onHeader("client", (header) => void (header.source = "somebody/relay")), { harmless: "it is shown, and first tokens are timed by both" }),
  all("the tap names an instrument without first tokens", onHeader("client", (header) => void (header.source = "k6")), { noBetter: "what needs first tokens is unknown" }),
  all("the header is of another run", onHeader("client", (header) => void (header.run = "another"))),
  all("the header has another seed", onHeader("client", (header) => void (header.seed = 6))),
  all("the header is of another tap", onHeader("client", (header) => void (header.tap = "wire"))),
  all("the header has another epoch", onHeader("client", (header) => void (header.epochMs += 5_000))),
  all("the header has another schema", onHeader("client", (header) => void Object.assign(header, { schema: "blastlab.tap/2" }))),
  all("the header has no epoch", onHeader("client", (header) => void Object.assign(header, { epochMs: undefined }))),
];

/** What no other record contradicts: only the sums give it away. */
export const sealedClientMutations: readonly Mutation[] = [
  { name: "client: an answer ended sooner", seal: "tap", change: set(isGood, ({ endMs }) => ({ endMs: endMs - 10 })) },
  { name: "client: a failed request is left out, and the trailer counts right", seal: "tap", change: onRecord("client", any, (record, records) => void records.splice(records.indexOf(record), 1)) },
  { name: "client: two neighbours are swapped, and the trailer is right", seal: "tap", change: onTap("client", ([first, second, ...rest]) => [second!, first!, ...rest]) },
  { name: "client: a record is altered", seal: "nothing", change: set(isGood, { status: 201 }) },
  { name: "client: a record is left out", seal: "nothing", change: onTap("client", (records) => records.slice(1)) },
  { name: "client: a record comes twice, and the trailer is as it was", seal: "nothing", change: onTap("client", (records) => [...records, records[0]!]) },
];
