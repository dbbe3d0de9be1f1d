import { z } from "zod";
import { defaultGateSettings } from "./core/run-gate.ts";

const { measure, dropMax, pMax, repeats, concurrency, unansweredMax } = defaultGateSettings;

const requestBody = z.record(z.string(), z.json()).describe("The request. {{name}} in a text is a variable of the case; the text {{vars}} alone is all of them, as an object");

/** How a version, or the judge, is asked: a request to an OpenAI-compatible server. */
export const askedSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("Of chat completions, whole: http://127.0.0.1:8080/v1/chat/completions"),
  key: z.string().min(1).optional().describe("A reference to its bearer token: env:NAME or file:PATH"),
  headers: z.record(z.string(), z.string()).default({}),
  body: requestBody,
});

/** What a comparison needs besides the two versions. */
const comparison = {
  corpus: z.string().min(1).describe("Path of the corpus, from this file"),
  judge: askedSchema.nullable().default(null).describe("What answers llm-rubric assertions; its variables are question, answer and rubric"),
  seed: z.int().min(0).default(1).describe("Of the bootstrap"),
  timeoutMs: z.int().min(1).max(600_000).default(60_000).describe("Of one answer"),
  settings: z
    .strictObject({
      measure: z.enum(["pass", "score"]).default(measure),
      dropMax: z.number().gt(0).max(1).default(dropMax).describe("A candidate passes where its drop is under this at 95 %"),
      pMax: z.number().gt(0).max(0.5).default(pMax).describe("A candidate fails where a drop as large is less likely by chance"),
      repeats: z.int().min(0).max(20).multipleOf(2, "Expected an even number: the majority of all answers counts").default(repeats).describe("Further answers of both where they disagree"),
      concurrency: z.int().min(1).max(64).default(concurrency),
      unansweredMax: z.number().min(0).max(0.5).default(unansweredMax).describe("Share of cases that may stay without an answer"),
    })
    .prefault({}),
};

/** The file of `blastlab eval`. */
export const gateFileSchema = z.strictObject({
  ...comparison,
  current: askedSchema.describe("The version that serves now"),
  candidate: askedSchema.describe("The version that would take its place"),
  validDays: z.int().min(1).max(365).default(7).describe("How long a result may be used"),
});

/** One comparison of a control plane: both versions are data planes of its own, which it starts. */
export const pushGateSchema = z.strictObject({ ...comparison, body: requestBody });

export type PushGate = z.output<typeof pushGateSchema>;
