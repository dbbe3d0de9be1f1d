import { z } from "zod";
import { packageHash } from "./package.ts";

/**
 * What a control plane and its data planes exchange, over HTTP with one bearer key between them:
 *
 *   GET  /v1/feed?plane=ID&have=HASH[,HASH]&seen=REVISION&waitMs=N   -> Feed
 *   POST /v1/acks      Ack          -> 204
 *   POST /v1/reports   PlaneReport  -> 204
 *
 * With `seen`, the control plane may hold the request for up to `waitMs` while its revision is still that one.
 */
export const feedPaths = { feed: "/v1/feed", acks: "/v1/acks", reports: "/v1/reports" } as const;

const count = z.number().int().min(0);
const planeId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "Expected letters, digits, dots, dashes and underscores, at most 64");

/** A data plane never asks to be held for longer. */
export const feedWaitMsMax = 30_000;

/** What the query of the feed says, as texts. */
export const feedQuerySchema = z.object({
  plane: planeId,
  /** Hashes of the packages that the plane has and need not be sent. */
  have: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((hash) => hash !== ""))
    .pipe(z.array(packageHash).max(16)),
  /** Revision of the feed that the plane has followed. Absent: none, so that the answer comes at once. */
  seen: z.string().max(200).optional(),
  waitMs: z.coerce.number().int().min(0).max(feedWaitMsMax).default(0),
});

export type FeedQuery = z.output<typeof feedQuerySchema>;

/** The path and query of a request for the feed. */
export function feedPath({ plane, have, seen, waitMs }: FeedQuery): string {
  const query = new Map([["plane", plane], ["have", have.join(",")], ...(seen === undefined ? [] : [["seen", seen] as const]), ["waitMs", String(waitMs)]]);
  return `${feedPaths.feed}?${[...query].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}

/**
 * A package, or, where the plane has it, its hash alone. The package itself is checked by the plane: one that it cannot
 * read is refused, not an error.
 */
const offered = z.union([z.looseObject({ hash: packageHash, version: z.number(), config: z.unknown() }), z.strictObject({ hash: packageHash })]);

export const feedSchema = z.object({
  /** Changes whenever anything below does. Opaque. */
  revision: z.string().max(200),
  /** Null: the control plane has no package yet. */
  current: offered.nullable(),
  /** `share` of the clients run it beside the current one. */
  candidate: z.object({ package: offered, share: z.number().min(0).max(1) }).nullable(),
});

export type Feed = z.output<typeof feedSchema>;
export type OfferedPackage = z.output<typeof offered>;

/**
 * A plane's word on one package, once for each: it can run it, or why it cannot. It runs none that it has not
 * acknowledged.
 */
export const ackSchema = z.strictObject({
  plane: planeId,
  hash: packageHash,
  accepted: z.boolean(),
  /** Of a refusal. */
  reason: z.string().max(2_000).exactOptional(),
});

export type Ack = z.output<typeof ackSchema>;

/** The plane's view of one package. */
const packageStatusSchema = z.strictObject({
  hash: packageHash,
  version: count,
  state: z.enum(["current", "candidate", "refused"]),
  /** Why it is refused. */
  reason: z.string().max(2_000).exactOptional(),
});

/**
 * Evidence for a step of a rollout: requests that ended on a package in this life of the process. Counters only grow; a
 * control plane takes differences between two reports of one `boot`.
 */
const evidenceSchema = z.strictObject({
  hash: packageHash,
  /** Unix ms since when this process counts for it. */
  sinceMs: z.number(),
  requests: count,
  /**
   * Failed for a reason that is not the caller's: 5xx, or broken off. Requests whose client left are in neither count.
   */
  bad: count,
  /** Refused by the gateway itself with a status under 500: unknown keys or routes, limits, guards. Not in `bad`. */
  rejected: count,
});

/** Sent about once a second, and after each change. */
export const planeReportSchema = z.strictObject({
  plane: planeId,
  /** A new text for each life of the process. */
  boot: z.string().min(1).max(64),
  atMs: z.number(),
  /**
   * The package that the plane runs; null: the configuration of its own file, because it never acknowledged a package.
   */
  current: packageHash.nullable(),
  candidate: z.strictObject({ hash: packageHash, share: z.number().min(0).max(1) }).nullable(),
  packages: z.array(packageStatusSchema).max(64),
  evidence: z.array(evidenceSchema).max(64),
  /** Why packages cannot be kept on disk; null: they are. */
  diskTrouble: z.string().max(2_000).nullable(),
});

export type PlaneReport = z.output<typeof planeReportSchema>;
