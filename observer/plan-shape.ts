import { z } from "zod";
import type { Plan } from "../kernel/plan.ts";

/**
 * The fields of a plan that a verdict is computed from. Others are left as they are: the plan is the lab's own, and what this guards against is a file
 * that was cut, edited or written by another version.
 */

const text = z.string();
const texts = z.array(z.string());
const ms = z.number();
/** What is evaluated second by second must end. */
const timelineMsMax = 400 * 86_400_000;

const fault = z.looseObject({
  id: text,
  title: text,
  fromMs: ms,
  toMs: ms,
  always: z.boolean(),
  lifted: z.boolean(),
  target: z.looseObject({ components: texts, links: texts }),
  affects: z.looseObject({ cells: texts, routes: texts, deployments: texts, components: texts }),
  phases: z.array(z.looseObject({ index: z.int(), fromMs: ms, toMs: ms, title: text, partial: z.boolean(), slows: z.boolean() })),
  signature: z.looseObject({ fates: texts, effects: texts, statuses: z.array(z.number()), ends: texts, causes: texts, wrong: texts, unlogged: z.boolean() }),
});

const measure = z.looseObject({
  windowMs: ms.positive(),
  requestsMin: z.number(),
  badShareMax: z.number(),
  control: z.enum(["self", "paired"]),
  recovery: z.looseObject({ holdMs: ms.positive(), badShareMax: z.number() }),
  burnRate: z.looseObject({ slo: z.number(), longMs: ms.positive(), shortMs: ms.positive(), rate: z.number() }),
  steadyBadShareMax: z.number(),
});

const planShape = z.looseObject({
  run: text,
  scenario: text,
  stack: text,
  title: text,
  seed: z.number(),
  speed: z.number(),
  timeline: z.looseObject({ steadyFromMs: ms, faultFromMs: ms, faultToMs: ms, endMs: ms.max(timelineMsMax) }),
  cells: z.array(z.looseObject({ name: text, team: text, feature: text, region: text, route: text, slo: z.looseObject({ firstTokenMs: ms, totalMs: ms }) })),
  routes: z.array(z.looseObject({ name: text, deployments: texts })),
  deployments: z.array(z.looseObject({ name: text, provider: text, model: text, latency: z.looseObject({ source: text }) })),
  components: z.array(z.looseObject({ id: text, role: text, deployment: text.optional() })),
  links: z.array(z.looseObject({ id: text, from: text, to: text })),
  faults: z.array(fault),
  markKey: text,
  prompts: z.array(z.looseObject({ digest: text, intent: text, teams: texts, words: z.number() })),
  arrivalCount: z.int(),
  measure,
  expectations: z.array(z.looseObject({ measure: text, atMost: z.number().optional(), atLeast: z.number().optional() })),
  cacheDeclared: z.boolean(),
});

const schemaName: Plan["schema"] = "blastlab.plan/2";
const problemsShown = 3;

/** The plan that a JSON value holds. Throws an error that names its schema, or the first fields that are not what a plan holds. */
export function planIn(value: unknown): Plan {
  const { schema } = (value ?? {}) as { readonly schema?: unknown };
  if (schema !== schemaName) throw new Error(`its schema is "${String(schema)}", not "${schemaName}"`);
  const parsed = planShape.safeParse(value);
  if (parsed.success) return value as Plan;
  const { issues } = parsed.error;
  const shown = issues.slice(0, problemsShown).map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error([...shown, ...(issues.length > problemsShown ? [`and ${issues.length - problemsShown} more`] : [])].join("; "));
}
