import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { expect, test } from "vitest";
import { z } from "zod";
import { LabError } from "../kernel/errors.ts";
import { parseScenario, overriddenText, parseStack, scenarioFile, stackFile, type Override } from "./parse.ts";

const least = `name: tiny
title: The least that a scenario says
workload:
  requestsPerSecond: 10
  cells:
    - { team: a, feature: b, route: r, slo: { firstTokenMs: 1000, totalMs: 2000 } }
deployments:
  - { name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }
routes:
  - { name: r, deployments: [primary] }
`;

const read = (text: string, ...overrides: Override[]) => parseScenario(text, "tiny.yaml", overrides);

function refusal(text: string, ...overrides: Override[]): LabError {
  try {
    read(text, ...overrides);
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error("It was accepted");
}

const library = path.join(import.meta.dirname, "library");
const files = readdirSync(library).filter((name) => name.endsWith(".yaml"));

test.each(files)("parseScenario: %s is a scenario, and named as its file", (file) => {
  const text = readFileSync(path.join(library, file), "utf8");
  expect(`${parseScenario(text, file).name}.yaml`).toBe(file);
});

test("parseScenario: defaults fill in what a file leaves out", () => {
  const scenario = read(least);
  expect(scenario.timeline).toEqual({ warmupMs: 3_000, steadyMs: 20_000, recoveryMs: 32_000 });
  expect(scenario.workload.cells[0]).toMatchObject({ region: "local", share: 1 });
  expect(scenario.measure.recovery).toEqual({ holdMs: 30_000, badShareMax: 0.05 });
  expect(scenario.faults).toEqual([]);
});

test("parseScenario: each problem is a line with its position, path and message", () => {
  const error = refusal(least.replace("requestsPerSecond: 10", "requestsPerSecond: fast\n  burst: 2"));
  expect(error).toMatchObject({ exit: "refused", code: "scenario_invalid", exitCode: 4 });
  expect(error.message.split("\n")).toEqual([
    'Cannot use scenario "tiny.yaml":',
    "  tiny.yaml:4:22 workload.requestsPerSecond: Invalid input: expected number, received string",
    '  tiny.yaml:5:3 workload: Unrecognized key: "burst". There is requestsPerSecond, warmupRequestsPerSecond, arrivals, clientsPerCell, clients, streamShare, prompts, maxTokens, cells',
  ]);
});

test("parseScenario: a missing field is placed at its parent", () => {
  expect(refusal(least.replace("team: a, ", "")).message).toContain("tiny.yaml:6:7 workload.cells.0.team: ");
});

test("parseScenario: broken YAML and a key given twice have positions too", () => {
  expect(refusal("name: [a\n").message).toMatch(/tiny\.yaml:\d+:\d+ \(yaml\): /);
  expect(refusal(`${least}name: again\n`).message).toMatch(/tiny\.yaml:11:1 \(yaml\): Map keys must be unique/);
  expect(refusal("").message).toContain("tiny.yaml:1:1 (root): ");
});

test("parseScenario: whatever the file and the overrides, it gives a scenario or a LabError", () => {
  const piece = fc.constantFrom("*x", "&x ", "{", "}", "[", "- ", ": ", "\n", "  ", "null", "1e999", "!!binary x", "<<: *x\n", "share: 2", "\t", "# ");
  const place = fc.nat(least.length);
  const override = fc.record({ path: fc.constantFrom("seed", "workload.cells.0", "routes", "gateway.a.b", "a..b", "", "0", "timeline.0"), value: fc.oneof(piece, fc.string()) });
  fc.assert(
    fc.property(fc.array(fc.tuple(place, piece), { maxLength: 3 }), fc.array(override, { maxLength: 2 }), (edits, overrides) => {
      const text = edits.reduce((current, [at, inserted]) => current.slice(0, at) + inserted + current.slice(at), least);
      try {
        expect(read(text, ...overrides).name).toBeTypeOf("string");
      } catch (error) {
        expect(error).toBeInstanceOf(LabError);
      }
    }),
    { numRuns: 500 },
  );
});

test("parseScenario: names that point nowhere are found", () => {
  expect(refusal(least.replace("route: r,", "route: q,")).message).toContain('workload.cells.0.route: Unknown route "q"; there is r');
  expect(refusal(least.replace("deployments: [primary]", "deployments: [other]")).message).toContain('Unknown deployment "other"; there is primary');
  expect(refusal(`${least}faults: [{ kind: link_down, deployment: other, lengthMs: 5 }]\n`).message).toContain("faults.0.deployment: Unknown deployment");
});

test("parseScenario: toxics and outages say what they can have", () => {
  const toxic = (attributes: string) => `${least}faults: [{ kind: toxic, deployment: primary, toxic: latency, attributes: ${attributes}, lengthMs: 5 }]\n`;
  expect(read(toxic("{ latency: 5, jitter: 1 }")).faults).toHaveLength(1);
  expect(refusal(toxic("{ rate: 5 }")).message).toContain("faults.0.attributes.rate: Toxic latency has latency, jitter");
  const outage = `${least}faults: [{ kind: outage, name: x, deployments: [primary], phases: [{ lengthMs: 5, errorRate: 1, statusMix: {} }] }]\n`;
  expect(refusal(outage).message).toContain("faults.0.phases.0.statusMix: ");
});

test("parseScenario: a deployment that is limited later has something that limits it", () => {
  const from = (rest: string) => least.replace("latency: gpt-4o-mini", `latency: gpt-4o-mini, limitedFrom: steady${rest}`);
  expect(refusal(from("")).message).toContain('deployments.0.limitedFrom: Deployment "primary" has neither capacity nor limits');
  expect(read(from(", capacity: { slots: 1 }")).deployments[0]!.limitedFrom).toBe("steady");
});

test("parseScenario: an expectation without a limit is refused", () => {
  expect(refusal(`${least}expectations: [{ measure: badShare }]\n`).message).toContain("expectations.0: Say atMost or atLeast for badShare");
});

test.each([
  ["title: The", "titel: The", '(root): Unrecognized key: "titel". Did you mean "title"?'],
  ["title: The least that a scenario says\n", "", "title: Is missing: expected string"],
  [/[^]*/, "", "(root): Is empty: expected object"],
  ["title: The least that a scenario says\n", "title:\n", "title: Is empty: expected string"],
  ["latency: gpt-4o-mini", "latency: gpt-4o-mni", /latency: Name a profile, .*: gpt-4o-mini, claude-3\.5-haiku, .*\. Did you mean "gpt-4o-mini"\?/],
  ["latency: gpt-4o-mini", "latency: { firstTokenMsP50: 0, firstTokenSigma: 1, tokensPerSecond: 1 }", "latency.firstTokenMsP50: Too small"],
  ["dialect: openai", "dialect: opnai", /dialect: Expected one of openai, .*\. Did you mean "openai"\?/],
  ["routes:", "faults: [{ kind: toxc, lengthMs: 1 }]\nroutes:", /faults\.0\.kind: Expected one of incident, .*\. Did you mean "toxic"\?/],
  ["routes:", "faults: [{ lengthMs: 1 }]\nroutes:", /faults\.0\.kind: Expected one of incident, /],
  ["routes:", "faults: [{ kind: link_down, deploymnt: primary, lengthMs: 1 }]\nroutes:", 'faults.0: Unrecognized key: "deploymnt". Did you mean "deployment"?'],
  ["routes:", "expectations: [{ measure: blastradius, atMost: 1 }]\nroutes:", /measure: Expected one of .*\. Did you mean "blastRadius"\?/],
])("parseScenario: a slip is named with what was meant: %s as %s", (right, wrong, message) => {
  expect(refusal(least.replace(right, wrong)).message).toMatch(typeof message === "string" ? new RegExp(message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) : message);
});

test("parseScenario: each unknown field is a problem of its own", () => {
  const lines = refusal(least.replace("{ team: a", "{ taem: x, tema: y, team: a")).message.split("\n").slice(1);
  expect(lines.map((line) => line.trim())).toEqual(['tiny.yaml:6:9 workload.cells.0: Unrecognized key: "taem". Did you mean "team"?', 'tiny.yaml:6:18 workload.cells.0: Unrecognized key: "tema". Did you mean "team"?']);
});

test("overrides: values are YAML and reach into maps, lists and free-form records", () => {
  const scenario = read(
    least,
    { path: "seed", value: "7" },
    { path: "workload.cells.0.share", value: "2.5" },
    { path: "timeline.steadyMs", value: "5000" },
    { path: "routes.0.deployments", value: "[primary]" },
  );
  expect(scenario.seed).toBe(7);
  expect(scenario.workload.cells[0]?.share).toBe(2.5);
  expect(scenario.timeline).toEqual({ warmupMs: 3_000, steadyMs: 5_000, recoveryMs: 32_000 });
});

test("overrides: a path that no scenario has names the closest", () => {
  expect(refusal(least, { path: "workload.requestPerSecond", value: "1" })).toMatchObject({
    code: "unknown_setting",
    message: 'Cannot set "workload.requestPerSecond": there is no "requestPerSecond" in "workload"',
    hint: 'Did you mean "requestsPerSecond" or "warmupRequestsPerSecond"?',
  });
  expect(refusal(least, { path: "workload.cells.share", value: "1" }).hint).toContain("give an index, workload.cells.0");
  expect(refusal(least, { path: "workload.cells.3.share", value: "1" }).hint).toBe("It has 1, counted from 0.");
  expect(refusal(least, { path: "deployments.0.latency.tokensPerSecond", value: "1" }).code).toBe("unknown_setting");
  expect(refusal(least, { path: "title", value: "[" }).message).toContain("is not YAML");
});

test("overrides: a bad value is blamed on the option, not on the file", () => {
  expect(refusal(least, { path: "seed", value: "-1" }).message).toContain("--set seed=-1 seed: Too small");
});

test("overriddenText: is the file as it was run, comments kept", () => {
  const text = overriddenText(scenarioFile, `# why\n${least}`, "tiny.yaml", [{ path: "seed", value: "7" }]);
  expect(text).toMatch(/^# why\n/);
  expect(read(text)).toEqual(read(least, { path: "seed", value: "7" }));
  expect(parse(text)).toMatchObject({ seed: 7 });
});

test("parseFile: a section that has moved to the stack says where to", () => {
  expect(refusal(`${least}gateway: { contractCheck: true }\n`).message).toContain('Unrecognized key: "gateway". The gateway is a stack\'s');
  expect(refusal(least, { path: "gateway.policy.failover", value: "false" }).hint).toContain("--set stack.gateway");
});

test("parseStack: fills in what a stack does not say, and overrides reach into the gateway's free-form settings", () => {
  const stack = parseStack("name: tiny\ntitle: Tiny\ngateway: { policy: { failover: true } }\n", "tiny.yaml", [{ path: "gateway.policy.failover", value: "false" }]);
  expect(stack).toMatchObject({ regions: ["local"], replicas: 1, store: "memory", gateway: { policy: { failover: false } } });
});

test.each([
  ["gateway: { defects: [{ kind: corrupt, share: 1 }] }", "A defect is a fault"],
  ["regions: [a, a]", "A region is given twice"],
  ["replicas: 2\nexternal: { url: 'http://127.0.0.1:4000' }", "A gateway of your own is one component"],
  ["gateway: { contractCheck: true }\nexternal: { url: 'http://127.0.0.1:4000' }", "an external one has its own configuration"],
  ["region: local", 'Unrecognized key: "region". Did you mean "regions"?'],
])("parseStack: %s is refused with its reason", (text, message) => {
  expect(() => parseStack(`name: tiny\ntitle: Tiny\n${text}\n`, "tiny.yaml")).toThrow(expect.objectContaining({ code: "stack_invalid", message: expect.stringContaining(message) as string }) as Error);
});

test.each([["scenario", scenarioFile], ["stack", stackFile]] as const)("%s.schema.json: is what the schema says (update with vitest -u)", async (name, { schema: source }) => {
  const schema = JSON.stringify(z.toJSONSchema(source, { io: "input" }), null, 2);
  await expect(`${schema}\n`).toMatchFileSnapshot(`./${name}.schema.json`);
});
