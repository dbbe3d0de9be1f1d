import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { ClientRecord, RunEndFile } from "../../kernel/records.ts";
import type { KeptInputs } from "../../lab/plan/kept-inputs.ts";
import type { Mutation } from "./mutation.ts";
import { NotApplicable, type Mutable, type RunCopy } from "./run-copy.ts";


const all = (name: string, change: Mutation["change"], more: Partial<Mutation> = {}): Mutation => ({ name, seal: "all", change, ...more });
const plan = (name: string, change: (value: Mutable<Plan>) => void): Mutation => all(`plan: ${name}`, (run) => run.edit("plan.json", change));
const inputs = (name: string, change: (value: Mutable<KeptInputs>) => void): Mutation => all(`inputs: ${name}`, (run) => run.edit("inputs.json", change));
const end = (name: string, change: (value: Mutable<RunEndFile>) => void, more: Partial<Mutation> = {}): Mutation => ({ name: `end: ${name}`, seal: "tap", change: (run) => run.edit("end.json", change), ...more });

/** Edits that would make a plan easier to hold, and some that make it nonsense. */
export const planMutations: readonly Mutation[] = [
  plan("expects nothing", (value) => void (value.expectations = [])),
  plan("expects less", (value) => value.expectations.forEach((one) => void (one.atMost = 1e6))),
  plan("expects something that is no measure", (value) => void Object.assign(value, { expectations: [{ measure: "goodness", atMost: 1 }] })),
  plan("any share of bad requests is good", (value) => void (value.measure.badShareMax = 1)),
  plan("a share over 1", (value) => void (value.measure.badShareMax = 2)),
  plan("windows of an hour", (value) => void (value.measure.windowMs = 3_600_000)),
  plan("windows of nothing", (value) => void (value.measure.windowMs = 0)),
  plan("windows that are always undecided", (value) => void (value.measure.requestsMin = 1e9)),
  plan("an objective that allows all", (value) => void (value.measure.burnRate.slo = 0)),
  plan("an objective of 1", (value) => void (value.measure.burnRate.slo = 1)),
  plan("a recovery that is always in band", (value) => void (value.measure.recovery = { holdMs: 1_000, badShareMax: 1 })),
  plan("another control", (value) => void (value.measure.control = value.measure.control === "self" ? "paired" : "self")),
  plan("a steady state that may be bad", (value) => void (value.measure.steadyBadShareMax = 1)),
  plan("objectives of an hour", (value) => value.cells.forEach((one) => void (one.slo = { firstTokenMs: 3.6e6, totalMs: 3.6e6 }))),
  plan("no faults", (value) => void (value.faults = [])),
  plan("a fault is never lifted", (value) => void (value.faults[0]!.lifted = false)),
  plan("a fault is in force from the start", (value) => void (value.faults[0]!.always = true)),
  plan("a fault is longer", (value) => void (value.faults[0]!.toMs += 5_000)),
  plan("a fault can reach all cells", (value) => void (value.faults[0]!.affects.cells = [])),
  plan("a fault has another signature", (value) => void (value.faults[0]!.signature.causes = [])),
  plan("a fault comes twice", (value) => void value.faults.push(value.faults[0]!)),
  plan("the faults begin later", (value) => void (value.timeline.faultFromMs += 5_000)),
  plan("the faults end with the run", (value) => void (value.timeline.faultToMs = value.timeline.endMs)),
  plan("the steady state begins later", (value) => void (value.timeline.steadyFromMs += 2_000)),
  plan("a run without end", (value) => void (value.timeline.endMs = 1e12)),
  plan("a run of 90 days", (value) => void (value.timeline.endMs = 90 * 86_400_000)),
  plan("a run that ends before it begins", (value) => void (value.timeline.endMs = -1)),
  plan("a timeline that is null", (value) => void Object.assign(value, { timeline: null })),
  plan("a cell is left out", (value) => void value.cells.pop()),
  plan("a cell comes twice", (value) => void value.cells.push(value.cells[0]!)),
  plan("fewer requests were offered", (value) => void (value.arrivalCount -= 10)),
  plan("more requests were offered", (value) => void (value.arrivalCount += 10)),
  plan("another seed", (value) => void (value.seed += 1)),
  plan("another mark key", (value) => void (value.markKey = "x")),
  plan("every team may ask everything", (value) => value.prompts.forEach((one) => void (one.teams = ["support", "sales"]))),
  plan("every prompt asks for one word", (value) => value.prompts.forEach((one) => void (one.words = 1))),
  plan("no prompts", (value) => void (value.prompts = [])),
  plan("a cache, or none", (value) => void (value.cacheDeclared = value.cacheDeclared !== true)),
  plan("other deployments may answer", (value) => value.routes.forEach((one) => void (one.deployments = ["fallback", "primary"]))),
  plan("a deployment is another model", (value) => void (value.deployments[0]!.model = "gpt-5")),
  plan("a deployment leads out of the directory", (value) => void (value.deployments[0]!.name = "../../x")),
  plan("a component is gone", (value) => void value.components.pop()),
  plan("another schema", (value) => void Object.assign(value, { schema: "blastlab.plan/1" })),
  plan("another title", (value) => void (value.title = "Fine")),
  all("plan: is gone", (run) => run.write("plan.json", null)),
  all("plan: is empty", (run) => run.write("plan.json", "")),
  all("plan: is cut", (run) => run.write("plan.json", run.text("plan.json").slice(0, -100))),
  all("plan: is a list", (run) => run.write("plan.json", "[]")),
  all("plan: is nested deeply", (run) => run.write("plan.json", "[".repeat(100_000))),
  all("plan: is another base's", (run, { other }) => run.write("plan.json", other.text("plan.json"))),
  all("plan: is written in one line", (run) => run.write("plan.json", JSON.stringify(run.json("plan.json"))), { harmless: "it holds the same" }),
];

const lines = (run: RunCopy): string[] => run.text("arrivals.ndjson").trimEnd().split("\n");
const arrivals = (name: string, change: (all: string[]) => string[], more: Partial<Mutation> = {}) =>
  all(`arrivals: ${name}`, (run) => run.write("arrivals.ndjson", change(lines(run)).map((line) => `${line}\n`).join("")), more);
const arrival = (name: string, change: (value: Mutable<Arrival>) => void) =>
  arrivals(name, (read) => {
    const value = JSON.parse(read[120]!) as Mutable<Arrival>;
    change(value);
    return read.with(120, JSON.stringify(value));
  });

export const arrivalMutations: readonly Mutation[] = [
  arrivals("one is left out", (read) => read.slice(0, -1)),
  arrivals("the first is left out", (read) => read.slice(1)),
  arrivals("none is left", () => []),
  arrivals("one comes twice", (read) => [...read, read.at(-1)!]),
  arrivals("two neighbours are swapped", ([first, second, ...rest]) => [second!, first!, ...rest]),
  arrivals("a line is no JSON", (read) => read.with(3, "{")),
  arrivals("a line is null", (read) => read.with(3, "null")),
  arrival("one asks something else", (value) => void (value.prompt = "Explain the quiet garden")),
  arrival("one is due later", (value) => void (value.atMs += 1_000)),
  arrival("one is of another client", (value) => void (value.client = "nobody")),
  arrival("one is of another cell", (value) => void Object.assign(value, { team: "sales", feature: "chat" })),
  arrival("one is of another route", (value) => void (value.route = "nowhere")),
  arrival("one has another id", (value) => void (value.requestId = "r-5-99999")),
  arrival("one asks for more words", (value) => void (value.maxTokens += 5)),
  arrival("one is due at no time", (value) => void Object.assign(value, { atMs: null })),
  arrival("one is due before zero", (value) => void (value.atMs = -5)),
  all("arrivals: the file is gone", (run) => run.write("arrivals.ndjson", null)),
  all("arrivals: the file is another base's", (run, { other }) => {
    if (other.text("arrivals.ndjson") === run.text("arrivals.ndjson")) throw new NotApplicable("both have the same load");
    run.write("arrivals.ndjson", other.text("arrivals.ndjson"));
  }),
];

const text = (file: string, name: string, from: RegExp, to: string, more: Partial<Mutation> = {}) =>
  all(name, (run) => {
    const before = run.text(file);
    const after = before.replace(from, to);
    if (after === before) throw new NotApplicable(`${from.source} is not there`);
    run.write(file, after);
  }, more);

export const inputMutations: readonly Mutation[] = [
  text("scenario.yaml", "scenario: expects less", /atMost: [\d.]+/, "atMost: 9"),
  text("scenario.yaml", "scenario: another load", /requestsPerSecond: 8/, "requestsPerSecond: 7"),
  text("scenario.yaml", "scenario: is no YAML", /^/, "{"),
  text("scenario.yaml", "scenario: has a comment", /^/, "# harmless\n", { noBetter: "the inputs' hash is another one, and the plan the same" }),
  text("stack.yaml", "stack: has a cache, or none", /$/, "collector: true\n"),
  all("scenario: is gone", (run) => run.write("scenario.yaml", null)),
  all("inputs: are gone", (run) => run.write("inputs.json", null)),
  inputs("another seed", (value) => void (value.seed += 1)),
  inputs("another version of the planner", (value) => void (value.planner += 1)),
];

export const endMutations: readonly Mutation[] = [
  end("was interrupted", (value) => void (value.reason = "interrupted"), { noBetter: "it is interrupted then", foundIn: [] }),
  end("had failed", (value) => void (value.reason = "failed"), { noBetter: "it is void then", foundIn: [] }),
  end("for a reason that there is not", (value) => void Object.assign(value, { reason: "fine" })),
  end("no sums", (value) => void (value.sums = {})),
  end("no sums at all", (value) => void Object.assign(value, { sums: undefined })),
  end("no sum of the clients' tap", (value) => void delete value.sums["taps/client.ndjson"]),
  end("another sum of the plan", (value) => void (value.sums["plan.json"] = "0".repeat(64))),
  end("a sum that is none", (value) => void (value.sums["plan.json"] = "x")),
  end("a sum of a file elsewhere", (value) => void (value.sums["../../etc/passwd"] = "0".repeat(64))),
  end("a sum of a file that is not there", (value) => void (value.sums["taps/nothing.ndjson"] = "0".repeat(64))),
  end("long before its last request", (value) => void (value.atMs = 1_000)),
  end("at no time", (value) => void Object.assign(value, { atMs: "later" })),
  end("after a century", (value) => void (value.atMs = 3e12)),
  end("with trouble", (value) => void (value.troubles = ["lease x expired"])),
  end("with a fault in force", (value) => void (value.stillInForce = [{ id: "x", description: "x", reason: "x" }])),
  end("with a gateway that ended by itself", (value) => void (value.componentExits = [{ component: "gateway", atMs: 1, how: "exit code 1" }]), { harmless: "it is named; what it did to requests is measured" }),
  { name: "end: is gone", seal: "tap", change: (run) => run.write("end.json", null) },
  { name: "end: is empty", seal: "tap", change: (run) => run.write("end.json", "") },
  { name: "end: is a list", seal: "tap", change: (run) => run.write("end.json", "[]") },
  { name: "end: is another base's", seal: "tap", change: (run, { other }) => run.write("end.json", other.text("end.json")) },
];

const taps = ["client", "wire-primary", "wire-fallback", "canary", "counted", "faults"];

/** What can happen to a tap as a file. */
export const tapFileMutations: readonly Mutation[] = taps.flatMap((tap) => {
  const file = `taps/${tap}.ndjson`;
  const raw = (name: string, change: (before: string) => string | null): Mutation => ({ name: `${tap}: ${name}`, seal: "all", change: (run) => run.write(file, change(run.text(file))) });
  return [
    raw("the file is gone", () => null),
    raw("the file is empty", () => ""),
    raw("the trailer is cut off", (before) => `${before.trimEnd().split("\n").slice(0, -1).join("\n")}\n`),
    raw("the file is cut in the middle", (before) => before.slice(0, before.length / 2)),
    raw("bytes follow the trailer", (before) => `${before}{}\n`),
    raw("the header is gone", (before) => before.slice(before.indexOf("\n") + 1)),
    raw("a line is no JSON", (before) => before.replace("\n{", "\n{{")),
    { name: `${tap}: the tap is another base's`, seal: "all", change: (run, { other }) => run.write(file, other.text(file)) },
    {
      name: `${tap}: the records are another base's`,
      seal: "all",
      ...(tap === "canary" || tap === "counted" ? { harmless: "no figure rests on them" } : { noBetter: "a base with the same load and faults may have the same records" }),
      change: (run, { other, sealsTaps }) => {
        const own = run.tap(tap);
        run.writeTap(tap, { header: own.header, records: other.tap(tap).records }, sealsTaps);
      },
    } satisfies Mutation,
  ];
});

const control = (name: string, change: Mutation["change"]): Mutation =>
  all(`control: ${name}`, (run, context) => {
    run.text("control/plan.json");
    change(run, context);
  });
const controlTap = (change: (records: Mutable<ClientRecord>[]) => Mutable<ClientRecord>[]): Mutation["change"] => (run) => {
  const { header, records } = run.tap<ClientRecord>("../control/taps/client");
  run.writeTap("../control/taps/client", { header, records: change(records) }, true);
};

export const controlMutations: readonly Mutation[] = [
  control("its requests all failed", controlTap((records) => records.map((one) => ({ ...one, status: 500, text: "", errorCode: "server_error" })))),
  control("half of its requests are left out", controlTap((records) => records.filter((_, index) => index % 2 === 0))),
  control("its last request is left out", controlTap((records) => records.slice(0, -1))),
  control("the wrong answers of the run are in it", (run) => {
    const { header } = run.tap("../control/taps/client");
    run.writeTap("../control/taps/client", { header, records: run.tap("client").records }, true);
  }),
  control("it is the run itself", (run) => {
    for (const file of ["plan.json", "end.json", ...taps.map((tap) => `taps/${tap}.ndjson`)]) run.write(`control/${file}`, run.text(file));
  }),
  control("its plan has other faults", (run) => run.edit("control/plan.json", (value) => void (value.faults = run.json("plan.json").faults))),
  control("its plan has another seed", (run) => run.edit("control/plan.json", (value) => void (value.seed += 1))),
  control("its plan is gone", (run) => run.write("control/plan.json", null)),
  control("its arrivals are gone", (run) => run.write("control/arrivals.ndjson", null)),
  control("it was never closed", (run) => run.write("control/end.json", null)),
  control("it was interrupted", (run) => run.edit("control/end.json", (value) => void (value.reason = "interrupted"))),
  { name: "control: a record was altered, and its trailer is right", seal: "tap", change: controlTap((records) => records.with(5, { ...records[5]!, endMs: records[5]!.endMs + 1 })) },
];
