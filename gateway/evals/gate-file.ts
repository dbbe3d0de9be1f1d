import path from "node:path";
import { z } from "zod";
import { bySchema, readSettings } from "../http/settings-file.ts";
import { defaultGateSettings } from "./core/run-gate.ts";

/** How a version, or the judge, is asked: a request to an OpenAI-compatible server. */
const askedSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("Of chat completions, whole: http://127.0.0.1:8080/v1/chat/completions"),
  key: z.string().min(1).optional().describe("A reference to its bearer token: env:NAME or file:PATH"),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.record(z.string(), z.json()).describe("The request. {{name}} in a text is a variable of the case; the text {{vars}} alone is all of them, as an object"),
});

const { measure, dropMax, pMax, repeats, concurrency, unansweredMax } = defaultGateSettings;

const gateFileSchema = z.strictObject({
  corpus: z.string().min(1).describe("Path of the corpus, from this file"),
  current: askedSchema.describe("The version that serves now"),
  candidate: askedSchema.describe("The version that would take its place"),
  judge: askedSchema.nullable().default(null).describe("What answers llm-rubric assertions; its variables are question, answer and rubric"),
  seed: z.int().min(0).default(1).describe("Of the bootstrap"),
  timeoutMs: z.int().min(1).max(600_000).default(60_000).describe("Of one answer"),
  validDays: z.int().min(1).max(365).default(7).describe("How long a result may be used"),
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
});

export type GateFile = z.output<typeof gateFileSchema>;
export type Asked = z.output<typeof askedSchema>;

/** Reads the file of a gate; its corpus is found from the file's own folder. Throws `LabError` (`gate_file_unreadable`, `gate_file_invalid`). */
export function readGateFile(file: string): GateFile {
  const hint = "correct the file; docs/eval-gate.md describes it";
  const read = readSettings(file, bySchema(gateFileSchema), { code: "gate_file", named: (name) => `"${name}"`, hint });
  return { ...read, corpus: path.resolve(path.dirname(file), read.corpus) };
}
