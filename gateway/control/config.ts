import { z } from "zod";
import { pushGateSchema } from "../evals/gate-schema.ts";
import { metricsAccessSchema } from "../config/metrics-access.ts";
import { defaultSteps } from "./core/settings.ts";

const keyReference = z.string().regex(/^(env:\S+|file:.*\S)$/, "Expected a reference, env:NAME or file:PATH: a key does not belong in a config");

const pattern = z.string().min(1).refine(isPattern, "Expected a regular expression");

export const identitySchema = z
  .strictObject({
    model: z.string().min(1).exactOptional().describe("What its answers name as their model, exactly"),
    idPattern: pattern.exactOptional().describe("A regular expression that the id of its answers matches"),
    answerPattern: pattern.exactOptional().describe("A regular expression that the text of its answer to the known question matches"),
    endpointHost: z.string().min(1).exactOptional().describe("Host of its base URL, with the port where it has one"),
    unverifiable: z.literal(true).exactOptional().describe("It shows nothing by which it could be verified, and a push passes without"),
  })
  .describe("What a deployment must show to be the one that it is said to be");

const stepSchema = z.strictObject({
  share: z.number().gt(0).max(1).describe("Of the clients"),
  requestsMin: z.int().min(1).describe("Requests that the candidate must have served in this step"),
  msMin: z.int().min(0).describe("How long the step lasts at least"),
});

const stepsSchema = z
  .array(stepSchema)
  .min(1)
  .refine((steps) => steps.at(-1)?.share === 1, "The last step must have share 1")
  .refine((steps) => steps.every(({ share }, index) => index === 0 || share > steps[index - 1]!.share), "Shares must rise");

/** The file of a region's control plane. */
export const controlFileSchema = z.strictObject({
  region: z.string().min(1).describe("Whose data planes it configures; its receipts name it"),
  folder: z.string().min(1).describe("Where it keeps its journal, its packages and its signing key"),
  planeKey: keyReference.describe("Reference to the key by which data planes follow it"),
  operatorKey: keyReference.describe("Reference to the key of whoever pushes, rolls back and sets identities"),
  folderKey: keyReference.describe("Reference to the key that encrypts the signing key in the folder"),
  alarmKey: keyReference.exactOptional().describe("Reference to a key that may only report a missed objective"),
  listen: z
    .strictObject({ host: z.enum(["127.0.0.1", "0.0.0.0"]).default("127.0.0.1"), port: z.int().min(0).max(65_535).default(0) })
    .prefault({})
    .describe("Where it listens; at 0.0.0.0 only in a container with a network of its own"),
  metrics: metricsAccessSchema,
  steps: stepsSchema.default(() => [...defaultSteps]).describe("Steps of a rollout"),
  sizeRatioMax: z.number().gt(1).default(1.5).describe("A package larger than this times the active one needs force"),
  rollbackP: z.number().gt(0).max(0.05).default(0.01).describe("A candidate is rolled back when chance explains what was seen with less probability"),
  promotionP: z.number().gt(0).max(0.5).default(0.05).describe("A step holds while chance explains it with less probability than this"),
  bakeMs: z.int().min(60_000).default(900_000).describe("How long another region must have run a package before it may be pushed here"),
  receiptFrom: z
    .strictObject({ region: z.string().min(1).describe("Its name"), publicKey: z.string().min(1).describe("Its Ed25519 public key, base64, as its status prints it") })
    .nullable()
    .default(null)
    .describe("The region whose receipt a push needs here; null: none"),
  identities: z.record(z.string(), identitySchema).default({}).describe("By deployment, until the first `identity` command changes them"),
  canary: z
    .strictObject({
      question: z.string().min(1).default("Reply with the word ready.").describe("The known question"),
      timeoutMs: z.int().min(1).max(120_000).default(30_000).describe("Of one answer"),
    })
    .nullable()
    .prefault({})
    .describe("How deployments are asked who they are; null: nobody asks them"),
  evals: z.array(pushGateSchema).default([]).describe("Comparisons of the eval gate with the active package, where deployments, routes, prompts, tools or guards change"),
  plane: z.record(z.string(), z.json()).default({}).describe("Sections of the data plane's own file, such as vault, for the check and the canary"),
});

export type ControlFile = z.output<typeof controlFileSchema>;
export type CanarySettings = NonNullable<ControlFile["canary"]>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
