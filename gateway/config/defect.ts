import { z } from "zod";
import type { DefectConfig } from "../core/config.ts";
import { problemOfRule, problemsOf, type Resolution } from "./problem.ts";
import { outOfRange, type RuleViolation } from "./rule-violation.ts";

const nonNegative = z.number().min(0);

/** A planted defect, in the config and in the body of `PUT /admin/defects/ID`. */
export const defectSchema = z.strictObject({
  kind: z.enum(["corrupt", "leak", "slow", "mix_up", "drop_telemetry", "fail", "flap", "exhaust", "drift"]).describe("What goes wrong ([faults.md](faults.md))"),
  share: nonNegative.max(1).describe("Of the requests"),
  teams: z.array(z.string()).exactOptional().describe("Only theirs; absent: all"),
  features: z.array(z.string()).exactOptional().describe("Only these; absent: all"),
  delayMs: nonNegative.exactOptional().describe("Of `slow`: how much later an answer comes"),
  periodMs: z.number().min(1).exactOptional().describe("Of `flap`: how long the gateway is not ready, and then ready"),
  requests: z.number().int().min(1).exactOptional().describe("Of `exhaust`: requests to providers after which the process ends as one without memory does"),
  fromMs: z.number().exactOptional().describe("On the clock of `epochMs`; absent: from the start"),
  toMs: z.number().exactOptional().describe("On the clock of `epochMs`; absent: to the end"),
});

/** Reads a defect that is planted at run time. */
export function resolveDefect(input: unknown): Resolution<DefectConfig> {
  const result = defectSchema.safeParse(input);
  if (!result.success) return { problems: result.error.issues.flatMap(problemsOf) };
  const violations = defectViolations(result.data, "");
  if (violations.length > 0) return { problems: violations.map(problemOfRule) };
  return { ok: result.data };
}

/**
 * Rules that the schema cannot express: `slow`, and only `slow`, has a delay; `flap`, and only `flap`, a period;
 * `exhaust`, and only `exhaust`, a number of requests.
 */
export function defectViolations(defect: DefectConfig, path: string): RuleViolation[] {
  const { kind, share, delayMs, periodMs, requests } = defect;
  const delayPath = `${path}.delayMs`;
  const periodPath = `${path}.periodMs`;
  const violations = outOfRange(`${path}.share`, share, 0, 1);
  if (kind === "flap" && periodMs === undefined) violations.push({ path: periodPath, message: `"flap" needs a period` });
  if (kind !== "flap" && periodMs !== undefined) violations.push({ path: periodPath, message: `"${kind}" takes no period` });
  if ((kind === "exhaust") !== (requests !== undefined)) violations.push({ path: `${path}.requests`, message: kind === "exhaust" ? `"exhaust" needs a number of requests` : `"${kind}" takes no number of requests` });
  if (kind === "slow") return [...violations, ...outOfRange(delayPath, delayMs ?? Number.NaN, 0, Infinity)];
  return delayMs === undefined ? violations : [...violations, { path: delayPath, message: `"${kind}" takes no delay` }];
}
