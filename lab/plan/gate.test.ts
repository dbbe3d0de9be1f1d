import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { fileSchema } from "../../gateway/config/file-schema.ts";
import { gatewayStringUses } from "../../gateway/config/string-uses.ts";
import { LabError } from "../../kernel/errors.ts";
import { incidentSchema } from "../../scenarios/incident.ts";
import { scenarioSchema } from "../../scenarios/schema.ts";
import { stringFields, type StringUses } from "../../scenarios/schema-strings.ts";
import { stackSchema } from "../../scenarios/stack-schema.ts";
import { stringUses } from "../../scenarios/string-uses.ts";
import { leadsOut } from "./gate.ts";
import { loadIncidents } from "./incidents.ts";
import { profileSchema } from "./profile-schema.ts";
import { resolveRun, type RunInputs } from "./resolve-run.ts";

const brisk = path.resolve(import.meta.dirname, "../../test/support/brisk.yaml");

function folder(): string {
  const directory = mkdtempSync(path.join(tmpdir(), "blastlab-gate-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function refusalOf(inputs: Partial<RunInputs>): string {
  try {
    resolveRun({ scenario: brisk, sets: [], ...inputs });
  } catch (error) {
    if (error instanceof LabError && error.exitCode === 4 && error.hint !== "") return error.message;
    throw error;
  }
  return "";
}

/** Ways out of a run through the gateway's section of a stack, each with the field that is refused. */
const waysOut: readonly (readonly [field: string, settings: object])[] = [
  ["gateway.store.url", { store: { kind: "redis", url: "redis://192.0.2.1:6379" } }],
  ["gateway.store.url", { store: { kind: "redis", url: "redis://redis.example:6379" } }],
  ["gateway.store.url", { store: { kind: "redis", url: "redis://localhost:6379" } }],
  ["gateway.store.credential", { store: { kind: "redis", url: "redis://127.0.0.1:6379", credential: "file:/etc/hostname" } }],
  ["gateway.store.credential", { store: { kind: "redis", url: "redis://127.0.0.1:6379", credential: "env:OPENAI_API_KEY" } }],
  ["gateway.guards.injection.inspector.url", { guards: { injection: { inspector: { kind: "http", url: "http://192.0.2.1/inspect" } } } }],
  ["gateway.cache.semantic.embedder.baseUrl", { cache: { semantic: { embedder: { kind: "openai", baseUrl: "https://embed.example/v1", model: "m", credential: "env:BLASTLAB_SIMULATOR_KEY" } } } }],
  ["gateway.cache.semantic.embedder.credential", { cache: { semantic: { embedder: { kind: "openai", baseUrl: "http://127.0.0.1:1/v1", model: "m", credential: "env:HOME" } } } }],
  ["gateway.listen.host", { listen: { host: "0.0.0.0" } }],
  ["gateway.listen.host", { listen: { host: "::" } }],
  ["gateway.listen.host", { listen: { host: "gateway.example" } }],
  ["gateway.limits.rules.0.team", { limits: { rules: [{ team: "file:/etc/passwd", windowMs: 1, requests: 1 }] } }],
  ["gateway.registry.tools.0.name", { registry: { tools: [{ name: "192.0.2.1:80", version: "1" }] } }],
];

test.each(waysOut)("the gate: %s is refused in a stack file, with its line and what was expected", (field, settings) => {
  const file = path.join(folder(), "shared.yaml");
  writeFileSync(file, `name: shared\ntitle: Shared\ngateway:\n  ${JSON.stringify(settings)}\n`);
  expect(refusalOf({ stack: file })).toMatch(new RegExp(`shared\\.yaml:4:\\d+ ${field.replaceAll(".", "\\.")}: Expected `));
});

test.each(waysOut)("the gate: %s is refused in --set", (field, settings) => {
  const [[section, value] = ["", null]] = Object.entries(settings);
  expect(refusalOf({ sets: [`stack.gateway.${section}=${JSON.stringify(value)}`] })).toContain(`--set stack.gateway.${section}=${JSON.stringify(value)} ${field}: Expected `);
});

test("the gate: a gateway at loopback with the run's own secret passes, and so do URLs in texts for people", () => {
  const settings = {
    store: { kind: "redis", url: "redis://127.0.0.1:6379", credential: "env:BLASTLAB_SIMULATOR_KEY" },
    listen: { host: "127.0.0.1", port: 0 },
    cost: { prices: { "gpt-4o-mini": { input: 1, output: 2, source: "https://openai.com/api/pricing" } } },
    registry: { tools: [{ name: "look-up", version: "1", description: "https://example.com", parameters: { $schema: "https://json-schema.org/draft/2020-12/schema" } }] },
  };
  expect(refusalOf({ sets: [...Object.entries(settings).map(([name, value]) => `stack.gateway.${name}=${JSON.stringify(value)}`), "title=https://example.com/why"] })).toBe("");
});

test("the gate: a scenario names no address where none is dialled, and its provider's URL is a target to be judged", () => {
  const file = path.join(folder(), "shared.yaml");
  const text = readFileSync(brisk, "utf8");
  writeFileSync(file, text.replace("model: gpt-4o-mini,", "model: gpt-4o-mini, region: env:AWS_SECRET_ACCESS_KEY,"));
  expect(refusalOf({ scenario: file })).toMatch(/shared\.yaml:13:85 deployments\.0\.region: Expected neither a URL, an address nor a secret/);
  const { targets } = resolveRun({ scenario: brisk, sets: ["deployments.0.url=http://192.0.2.1:9"] });
  expect(targets).toEqual([{ url: "http://192.0.2.1:9", place: "--set deployments.0.url=http://192.0.2.1:9 deployments.0.url" }]);
});

test("the gate: each URL of an external gateway is a target to be judged, with its line", () => {
  const file = path.join(folder(), "own.yaml");
  writeFileSync(file, 'name: own\ntitle: Own\nexternal:\n  url: http://gateway.example:4000\n  metricsUrl: http://192.0.2.1/metrics\n  linkPorts: { primary: 9101, fallback: 9102 }\n  keys: { support/chat: "sk:1" }\n');
  const { targets } = resolveRun({ scenario: brisk, stack: file, sets: [] });
  expect(targets.map(({ url, place }) => [url, path.basename(place)])).toEqual([
    ["http://gateway.example:4000", "own.yaml:4:8 external.url"],
    ["http://192.0.2.1/metrics", "own.yaml:5:15 external.metricsUrl"],
  ]);
});

test("the gate: incidents and profiles of files name no address and no secret outside their texts", () => {
  const directory = folder();
  const [incident] = loadIncidents();
  const incidentFile = path.join(directory, "incident.json");
  writeFileSync(incidentFile, JSON.stringify({ ...incident, provider: "http://192.0.2.1" }));
  const faults = `faults=[{kind: incident, incident: ${JSON.stringify(incidentFile)}, deployments: [primary]}]`;
  expect(refusalOf({ sets: [faults] })).toMatch(/incident\.json.*: provider: Expected neither/);
  const profileFile = path.join(directory, "profile.json");
  const latency = { firstTokenMsP50: 300, firstTokenSigma: 0.3, tokensPerSecond: 80 };
  const profile = { schema: "blastlab.profile/1", upstream: "https://api.openai.com", recordedAt: "2026-11-01T00:00:00Z", latency, errors: [{ status: 500, contentType: "text/plain", retryAfterS: null, body: "see https://status.openai.com", count: 1 }], incident: null };
  writeFileSync(profileFile, JSON.stringify(profile));
  expect(refusalOf({ sets: [`deployments.0.latency=${profileFile}`] })).toBe("");
  writeFileSync(profileFile, JSON.stringify({ ...profile, errors: [{ ...profile.errors[0], contentType: "file:/etc/passwd" }] }));
  expect(refusalOf({ sets: [`deployments.0.latency=${profileFile}`] })).toMatch(/profile\.json": errors\.0\.contentType: Expected neither/);
});

test.each([
  ["http://192.0.2.1", true],
  ["//192.0.2.1/x", true],
  [" HTTPS://example.com", true],
  ["redis+tls://h", true],
  ["192.0.2.1:80", true],
  ["[::1]:80", true],
  ["localhost:6379", true],
  ["env:HOME", true],
  ["file:/etc/passwd", true],
  ["unix:/run/x.sock", true],
  ["gpt-4o-mini", false],
  ["application/json", false],
  ["2026-11-29T00:00:00Z", false],
  ["incidents/x.json#openai-2025-06-10", false],
  ["env: production", false],
])("leadsOut: %j is %s", (text, expected) => {
  expect(leadsOut(text)).toBe(expected);
});

const speaksOfAWayOut = /(url|uri|host|addr|address|endpoint|listen|origin|upstream|server|socket|credential|secret|password|token|reference)s?(\[\]|\.\*|\.host)*$/i;
const unregistered = (schema: z.core.$ZodType, uses: StringUses) =>
  [...stringFields(schema, uses)].filter(({ path: field, use }) => use === undefined && speaksOfAWayOut.test(field)).map(({ path: field }) => field);
const schemas = [["gateway", fileSchema, gatewayStringUses], ["scenario", scenarioSchema, stringUses], ["stack", stackSchema, stringUses], ["incident", incidentSchema, stringUses], ["profile", profileSchema, stringUses]] as const;

test.each(schemas)("the schema of a %s: every field that speaks of an address or a secret says what it is for", (_, schema, uses) => {
  expect([...stringFields(schema, uses)].length).toBeGreaterThan(3);
  expect(unregistered(schema, uses)).toEqual([]);
});

test("the schemas: fields that the gate does not look at are texts, and are listed here", () => {
  const texts = schemas.map(([name, schema, uses]) => [name, [...new Set([...stringFields(schema, uses)].filter(({ use }) => use === "text").map(({ path: field }) => field))]]);
  expect(Object.fromEntries(texts)).toEqual({
    gateway: [".cost.prices.*.source", ".cost.prices.*[].source", ".registry.prompts[].versions[].messages[].content", ".registry.tools[].description", ".registry.tools[].parameters"],
    scenario: [".title", ".description", ".page.teaches", ".page.outage.title", ".page.outage.source", ".page.outage.source[].url", ".page.outage.differs", ".page.ends.*", ".page.lookAt", ".page.next", ".deployments[].model", ".deployments[].latency.source", ".deployments[].errors[].body", ".systemPrompts[].text", ".systemPrompts[].evals.assert", ".faults[].text"],
    stack: [".title", ".description", ".external.keys", ".external.headers", ".external.command", ".follows.sources", ".follows.notExpressed[]"],
    incident: ".scope .times.start.source .times.end.source .times.phases.source .shape .selectivity .target.note .phases[].note .cause .clientSymptoms .recovery .sources[]".split(" "),
    profile: [".upstream", ".errors[].body"],
  });
});

test("the schemas: a field that was forgotten is found, and an unregistered one is judged by its looks", () => {
  const forgotten = z.strictObject({ statsd: z.strictObject({ endpoint: z.string().optional() }), list: z.array(z.union([z.string(), z.number()])), webhookUrls: z.array(z.string()) });
  expect(unregistered(forgotten, stringUses)).toEqual([".statsd.endpoint", ".webhookUrls[]"]);
});
