import { z } from "zod";
import type { Plan } from "../kernel/plan.ts";

/**
 * The fields of a plan that a verdict is computed from. Others are left as they are: the plan is the lab's own, and
 * what this guards against is a file that was cut, edited or written by another version.
 */

/** What is evaluated second by second must end. The longest outage of the catalogue lasted a month and a half. */
export const timelineMsMax = 100 * 86_400_000;
const listMax = 10_000;
/** As many as an arrivals file can hold. */
const arrivalsMax = 10_000_000;

const text = z.string().max(10_000);
/** Tap files are named for deployments, so that a name may not lead elsewhere. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,199}$/);
const texts = z.array(text).max(listMax);
/** A fault that is always in force begins before 0. */
const ms = z.number().min(-timelineMsMax).max(timelineMsMax);
const lengthMs = z.number().positive().max(timelineMsMax);
const share = z.number().min(0).max(1);

const phase = z.looseObject({ index: z.int(), fromMs: ms, toMs: ms, title: text, partial: z.boolean(), slows: z.boolean() });

/** Of a plan, and of what a person injects besides. */
export const faultShape = z.looseObject({
  id: text,
  title: text,
  fromMs: ms,
  toMs: ms,
  always: z.boolean(),
  lifted: z.boolean(),
  target: z.looseObject({ components: texts, links: texts }),
  affects: z.looseObject({ cells: texts, routes: texts, deployments: texts, components: texts }),
  phases: z.array(phase).max(listMax),
  signature: z.looseObject({ fates: texts, effects: texts, statuses: z.array(z.int()).max(listMax), ends: texts, causes: texts, wrong: texts, unlogged: z.boolean() }),
});

/** Of a plan, and of what a person does besides. */
export const actionShape = z.looseObject({ id: text, kind: text, title: text, atMs: ms, lacking: text.nullable(), settings: z.looseObject({ team: text.optional() }) });

const measure = z.looseObject({
  windowMs: lengthMs.min(100),
  requestsMin: z.int().min(1),
  badShareMax: share,
  control: z.enum(["self", "paired"]),
  recovery: z.looseObject({ holdMs: lengthMs, badShareMax: share }),
  burnRate: z.looseObject({ slo: share.lt(1), longMs: lengthMs, shortMs: lengthMs, rate: z.number().positive().max(1_000_000) }),
  steadyBadShareMax: share,
  lagMsMax: z.number().positive().max(60_000).optional(),
});

/** US dollars for a million tokens. */
const usd = z.number().min(0).max(1_000_000);
const price = z.looseObject({ input: usd, cachedInput: usd, output: usd });

const cell = z.looseObject({ name: text, team: text, feature: text, region: text, route: text, slo: z.looseObject({ firstTokenMs: lengthMs, totalMs: lengthMs }) });

const deployment = z.looseObject({ name, provider: text, model: text, latency: z.looseObject({ source: text }), modelAliases: texts.optional(), price: price.nullish() });

const planShape = z
  .looseObject({
    run: text,
    scenario: text,
    stack: text,
    title: text,
    seed: z.int(),
    speed: z.number().positive(),
    timeline: z.looseObject({ steadyFromMs: ms.min(0), faultFromMs: ms, faultToMs: ms, endMs: ms, cut: z.looseObject({ fromMs: ms, toMs: ms }).optional() }),
    cells: z.array(cell).min(1).max(listMax),
    routes: z.array(z.looseObject({ name: text, deployments: texts })).max(listMax),
    deployments: z.array(deployment).max(listMax),
    components: z.array(z.looseObject({ id: text, role: text, deployment: text.optional() })).max(listMax),
    links: z.array(z.looseObject({ id: text, from: text, to: text })).max(10 * listMax),
    faults: z.array(faultShape).max(listMax),
    actions: z.array(actionShape).min(1).max(listMax).optional(),
    markKey: text,
    prompts: z.array(z.looseObject({ digest: text, intent: text, teams: texts, words: z.int().min(0).max(60_000) })),
    arrivalCount: z.int().min(0).max(arrivalsMax),
    measure,
    expectations: z.array(z.looseObject({ measure: text, atMost: z.number().optional(), atLeast: z.number().optional() })).max(listMax),
    cacheDeclared: z.boolean(),
    metricsDeclared: z.boolean(),
    alarmBy: z.literal("gateway").optional(),
  })
  .superRefine(({ timeline, faults, ...lists }, context) => {
    const report = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const { steadyFromMs, faultFromMs, faultToMs, endMs } = timeline;
    if (!(steadyFromMs <= faultFromMs && faultFromMs <= faultToMs && faultToMs <= endMs)) report(["timeline"], "its times are not in order");
    const { cut } = timeline;
    if (cut !== undefined && !(faultToMs <= cut.fromMs && cut.fromMs < cut.toMs && cut.toMs < endMs)) report(["timeline", "cut"], "its times are not in order");
    if (faults.some(({ fromMs, toMs }) => toMs < fromMs)) report(["faults"], "one ends before it begins");
    const named: Readonly<Record<string, readonly string[]>> = {
      faults: faults.map(({ id }) => id),
      cells: lists.cells.map((one) => one.name),
      routes: lists.routes.map((one) => one.name),
      deployments: lists.deployments.map((one) => one.name),
    };
    for (const [field, names] of Object.entries(named)) if (new Set(names).size < names.length) report([field], "one name is given twice");
  });

const schemaName: Plan["schema"] = "blastlab.plan/2";
const problemsShown = 3;

/**
 * The plan that a JSON value holds. Throws an error that names its schema, or the first fields that are not what a plan
 * holds.
 */
export function planIn(value: unknown): Plan {
  const { schema } = (value ?? {}) as { readonly schema?: unknown };
  if (schema !== schemaName) throw new Error(`its schema is "${String(schema)}", not "${schemaName}"`);
  const parsed = planShape.safeParse(value);
  if (parsed.success) return value as Plan;
  const { issues } = parsed.error;
  const shown = issues.slice(0, problemsShown).map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error([...shown, ...(issues.length > problemsShown ? [`and ${issues.length - problemsShown} more`] : [])].join("; "));
}
