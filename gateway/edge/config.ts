import { z } from "zod";
import type { ConfigProblem, Resolution } from "../config/problem.ts";
import { problemsOf } from "../config/problem.ts";
import { headerName, httpUrl, reference } from "../config/schema-parts.ts";
import { gatewayStringUses } from "../config/string-uses.ts";
import type { EdgeSettings } from "./core/settings.ts";

const ms = z.number().int().min(1).max(3_600_000);
const count = z.number().int().min(1).max(1_000);
const share = z.number().gt(0).max(1);
/** In metrics, in paths of the admin server, and in HAProxy's file. */
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "Expected up to 64 letters, digits, dots, dashes and underscores, the first a letter or digit");
const origin = httpUrl
  .refine((url) => /^https?:\/\/[^/?#]+$/.test(url), "Expected an origin without a path: http://127.0.0.1:8080")
  .refine((url) => url.startsWith("http://"), "Expected http: the edge speaks to its own replicas on a private network")
  .register(gatewayStringUses, { use: "target" });

const address = (host: string) =>
  z.strictObject({
    host: z.string().min(1).register(gatewayStringUses, { use: "listen" }).default(host).describe("Address"),
    port: z.number().int().min(0).max(65_535).default(0).describe("0: any free one"),
  });

const replicaSchema = z.strictObject({
  id: id.describe("What state, metrics and admin paths call it"),
  url: origin.describe("Its origin"),
  weight: z.number().int().min(1).max(100).default(10).describe("Its part of the region's traffic, relative to the region's other replicas"),
});

const regionSchema = z.strictObject({
  name: id.describe("What state and metrics call it"),
  weight: z.number().int().min(0).max(100).default(10).describe("Its part of the traffic, relative to the other regions; 0: a spare, used while no other region lives"),
  replicas: z.array(replicaSchema).min(1).describe("Its gateway processes"),
});

const healthSchema = z.strictObject({
  path: z.string().regex(/^\/[\x21-\x7e]*$/, "Expected a path").default("/health/ready").describe("Answers 2xx while the replica may get requests"),
  intervalMs: ms.default(500).describe("From one check of a replica to the next"),
  timeoutMs: ms.default(400).describe("A check without an answer for so long has failed: silent counts as dead"),
  failuresToDown: count.default(2).describe("Failed checks in a row after which a replica is down"),
  successesToUp: count.default(2).describe("Good checks in a row after which it may return"),
});

const ejectionSchema = z.strictObject({
  consecutiveFailures: count.default(3).describe("Connections in a row that failed before any content"),
  failureShare: share.default(0.5).describe("Share of answers with 5xx, or broken, from which a replica may be ejected"),
  othersShareMax: share.default(0.5).describe("It is ejected only if the failure share of all others is at most this part of its own"),
  requestsMin: count.default(20).describe("Answers in the window that a share needs"),
  windowMs: ms.default(10_000).describe("How far back answers count"),
  ejectMs: ms.default(5_000).describe("How long an ejected replica stays out; doubled with each further removal within ten minutes"),
  ejectMsMax: ms.default(60_000).describe("Longest time out"),
  capacityPerMinuteMax: share.default(0.5).describe("Largest share of all capacity that is removed within 60 s"),
});

const rampSchema = z.strictObject({
  steps: z
    .array(share)
    .min(1)
    .refine((steps) => steps.every((step, at) => at === 0 || step > steps[at - 1]!) && steps.at(-1) === 1, "Expected growing shares, the last 1")
    .default([0.1, 0.25, 0.5, 1])
    .describe("Shares of its traffic that a returning replica gets, one after the other"),
  stepMsMin: ms.default(5_000).describe("Shortest step"),
  stepMsMax: ms.default(15_000).describe("After so long a step with a cold cache proceeds if the providers are well"),
  hitRateMin: share.default(0.7).describe("Cache hit rate that a step waits for, relative to the rate before"),
  lookUpsMin: count.default(30).describe("Look-ups that a hit rate needs"),
  hitRateBeforeMin: z.number().min(0).max(1).default(0.2).describe("A rate before that was lower is ignored"),
  providerP95FactorMax: z.number().min(1).max(100).default(1.5).describe("A step goes back when the providers' p95 is above this many times the p95 before"),
  share429Max: share.default(0.01).describe("A step goes back when more of its attempts at providers end in 429"),
});

const retrySchema = z.strictObject({
  attemptsMax: count.default(4).describe("Attempts of one request, the first included; another starts only while no content has flowed"),
  connectMs: ms.default(400).describe("How long a connection may take"),
  keptSilentMs: ms.default(2_000).describe("Where a replica fails its checks and may not be removed, its requests go elsewhere after so long without content"),
  elsewhere: z
    .strictObject({
      ratio: z.number().min(0).max(1).default(0.2).describe("Such attempts that each request earns for all"),
      tokensMax: z.number().min(0).max(1_000).default(20).describe("Most that are kept"),
    })
    .prefault({})
    .describe("Pays for asking another region once, after a gateway answered that it delivered nothing, while that region is well; both 0: never"),
});

/** The edge's file. */
export const edgeFileSchema = z.strictObject({
  engine: z.enum(["embedded", "haproxy"]).default("embedded").describe("The edge's own process, or HAProxy, which is found on PATH or by BLASTLAB_HAPROXY_BIN"),
  region: id.nullable().default(null).describe("Where it runs: for people, in state and metrics"),
  listen: address("127.0.0.1").prefault({}).describe("Where clients reach it"),
  admin: z
    .strictObject({
      listen: address("127.0.0.1").prefault({}).describe("Where operators reach it, a port of its own"),
      key: reference.exactOptional().describe("Reference to the key that state, metrics, drain and weight ask for, as a bearer token"),
      open: z.boolean().default(false).describe("They need no key: for a lab, or where only operators reach the port"),
    })
    .refine(({ open, key }) => !open || key === undefined, "Either it is open or it has a key")
    .prefault({})
    .describe("State, metrics, drain and weight"),
  gatewayKey: reference.exactOptional().describe("Reference to `admin.key` of the gateways of its own region, which raise their limits by what it reports; absent: they are `admin.open`, and on this machine"),
  drainMs: z.number().int().min(0).default(30_000).describe("How long open requests may take to finish after SIGTERM; new ones are refused"),
  regions: z.array(regionSchema).min(1).describe("The regions that it sends requests to"),
  sticky: z.strictObject({ header: headerName.describe("Its value keeps a client at one replica while that lives") }).nullable().default(null).describe("null: each request is spread on its own"),
  health: healthSchema.prefault({}).describe("Active checks"),
  ejection: ejectionSchema.prefault({}).describe("What requests show, and how much may be removed"),
  ramp: rampSchema.prefault({}).describe("How a replica returns"),
  retry: retrySchema.prefault({}).describe("Requests whose replica failed before any content"),
});

/** With every default filled in. */
export type EdgeFile = z.output<typeof edgeFileSchema>;

/** As it may be written. */
export type EdgeFileInput = z.input<typeof edgeFileSchema>;

/** What a stack decides about an edge: everything but addresses, region and regions, which the planner knows. */
export const edgeStackSchema = edgeFileSchema.omit({ region: true, listen: true, admin: true, gatewayKey: true, regions: true });

/** The one reader of the edge's settings: schema, defaults and rules. */
export function resolveEdgeConfig(input: unknown): Resolution<EdgeFile> {
  const result = edgeFileSchema.safeParse(input);
  if (!result.success) return { problems: result.error.issues.flatMap(problemsOf) };
  const problems = ruleProblems(result.data);
  return problems.length > 0 ? { problems } : { ok: { ...result.data, sticky: lowerCase(result.data.sticky) } };
}

/** What the core runs of it. */
export function edgeSettings({ region, regions, sticky, health, ejection, ramp, retry }: EdgeFile): EdgeSettings {
  return { region, regions, sticky, health, ejection, ramp, retry };
}

/** Headers have lower-case names inside the product. */
const lowerCase = (sticky: EdgeFile["sticky"]) => (sticky === null ? null : { header: sticky.header.toLowerCase() });

function ruleProblems({ regions, health, ramp }: EdgeFile): readonly ConfigProblem[] {
  const replicas = regions.flatMap((region, at) => region.replicas.map((replica, index) => ({ ...replica, path: ["regions", at, "replicas", index] })));
  const repeated = <T>(items: readonly T[], valueOf: (item: T) => string) => items.filter((item, at) => items.findIndex((other) => valueOf(other) === valueOf(item)) < at);
  return [
    ...repeated(regions, ({ name }) => name).map(({ name }) => ({ path: ["regions"], message: `Two regions are called "${name}"` })),
    ...repeated(replicas, (replica) => replica.id).map((replica) => ({ path: [...replica.path, "id"], message: `Two replicas are called "${replica.id}"` })),
    ...repeated(replicas, ({ url }) => url).map(({ path, url }) => ({ path: [...path, "url"], message: `Two replicas have the URL ${url}` })),
    ...(regions.every(({ weight }) => weight === 0) ? [{ path: ["regions"], message: "Every region is a spare: one needs a weight above 0" }] : []),
    ...(health.timeoutMs > health.intervalMs ? [{ path: ["health", "timeoutMs"], message: `Expected at most intervalMs (${health.intervalMs})` }] : []),
    ...(ramp.stepMsMax < ramp.stepMsMin ? [{ path: ["ramp", "stepMsMax"], message: `Expected at least stepMsMin (${ramp.stepMsMin})` }] : []),
  ];
}
