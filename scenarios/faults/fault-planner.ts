import { z } from "zod";
import type { FaultPhase, FaultSignature, FaultSites } from "../../kernel/fault.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Cell, Deployment, Route } from "../../kernel/plan.ts";
import type { Topology } from "../../kernel/topology.ts";
import type { Incident } from "../incident.ts";

/** All that a kind may go by when it plans a fault. */
export interface FaultContext {
  readonly topology: Topology;
  readonly cells: readonly Cell[];
  readonly routes: readonly Route[];
  readonly deployments: readonly Pick<Deployment, "name" | "provider" | "model" | "region">[];
  /** The catalogue. */
  readonly incidents: readonly Incident[];
  /** From a process' start until it serves, in virtual time. */
  readonly bootMs: number;
  /**
   * Live, a process of the system may take so long to start before the run is another than the planned one. Null: no
   * longer than any change at a component.
   */
  readonly startsWithinMs: number | null;
  /** Start of the fault window on the run's timeline. */
  readonly faultFromMs: number;
  /** The scenario's own speed. */
  readonly speed: number;
  /** How much faster than in the file this run is: divides every offset and length in the file. */
  readonly scale: number;
}

/** What a kind plans for a fault. The plan's other fields follow from it (`plan-faults.ts`). */
export interface FaultDraft<Settings = unknown> {
  /** Becomes the id, numbered where it is not the first of its name. */
  readonly name: string;
  readonly title: string;
  readonly span: FaultSpan;
  readonly target: FaultSites;
  /** Of the cells that the target reaches, those that it can hit; absent: all. */
  readonly reaches?: (cell: Cell) => boolean;
  readonly phases?: readonly FaultPhase[];
  /**
   * No other fault that says so may act on the same component while it lasts, and for `afterMs` more: a dead process
   * cannot be paused.
   */
  readonly exclusive?: { readonly afterMs: number };
  /** It starts its targets again. */
  readonly starts?: boolean;
  readonly signature: Partial<FaultSignature>;
  readonly settings: Settings;
}

/** On the run's timeline. `toMs` null: until the end of the run. */
export interface FaultSpan {
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly always: boolean;
}

/** One kind of fault as a scenario writes it: what its entry may hold, and what it becomes in a plan. Both pure. */
export interface FaultPlanner<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** Throws LabError `refused`: `not_applicable` when this stack has no such part, or the kind's own. */
  plan(fault: z.infer<Schema>, context: FaultContext): readonly FaultDraft[];
}

/** A planner with the type of its settings kept: `lab/faults` acts on them. */
export function plannerOf<Schema extends z.ZodType>(schema: Schema, plan: FaultPlanner<Schema>["plan"]): FaultPlanner<Schema> {
  return { schema, plan };
}

const fromMs = z.int().min(0).default(0).describe("From the start of the fault window, ms");

/** Fields of a momentary fault. */
export const momentFields = { fromMs };

/** Fields of a fault that lasts. */
export const spanFields = {
  fromMs,
  lengthMs: z.union([z.int().min(1), z.literal("forever")]).optional().describe("ms; forever: until the end of the run, which then has no recovery to measure"),
  start: z.literal("always").optional().describe("In force before the run begins and until it ends; needs measure.control: paired"),
};

interface WrittenSpan {
  readonly fromMs: number;
  readonly lengthMs?: number | "forever" | undefined;
  readonly start?: "always" | undefined;
}

/** Checks that concern several fields of a span. */
export function checkSpan({ fromMs: offsetMs, lengthMs, start }: WrittenSpan, context: { addIssue(issue: { code: "custom"; path: string[]; message: string }): void }): void {
  if (start === undefined && lengthMs === undefined) context.addIssue({ code: "custom", path: ["lengthMs"], message: "Say how long it lasts, in ms, or forever" });
  if (start === "always" && (lengthMs !== undefined || offsetMs !== 0)) context.addIssue({ code: "custom", path: ["start"], message: "A fault that is always in force has no fromMs and no lengthMs" });
}

/** Where a written span lies on the run's timeline. */
export function spanOf({ fromMs: offsetMs, lengthMs, start }: WrittenSpan, context: FaultContext): FaultSpan {
  if (start === "always") return { fromMs: 0, toMs: null, always: true };
  const startMs = startOf(offsetMs, context);
  return { fromMs: startMs, toMs: typeof lengthMs === "number" ? startMs + Math.max(1, Math.round(lengthMs / context.scale)) : null, always: false };
}

/** The moment of a fault whose cause is gone at once. */
export function momentOf(offsetMs: number, context: FaultContext): FaultSpan {
  const startMs = startOf(offsetMs, context);
  return { fromMs: startMs, toMs: startMs, always: false };
}

export function startOf(offsetMs: number, context: FaultContext): number {
  return context.faultFromMs + Math.round(offsetMs / context.scale);
}

/** The stack lacks what the fault would act on: no fault of the lab, and never a pass. */
export function notApplicable(fault: string, reason: string): LabError {
  return new LabError({
    exit: "refused",
    code: "not_applicable",
    message: `Cannot play ${fault} on this stack: ${reason}`,
    hint: "Choose another stack with --stack; `npx blastlab stacks` lists them",
  });
}
