import { LabError } from "../../kernel/errors.ts";
import type { Fault, FaultKind, FaultReach, FaultSignature } from "../../kernel/fault.ts";
import type { Cell } from "../../kernel/plan.ts";
import { componentOf, entriesOf, type Component } from "../../kernel/topology.ts";
import type { FaultContext, FaultDraft, FaultPlanner } from "./fault-planner.ts";

/** A fault whose end is not known yet: `toMs` is null for one that lasts to the end of the run. */
export type OpenFault = Omit<Fault, "toMs"> & { readonly toMs: number | null };

/**
 * The faults of a scenario on a stack, in the scenario's order, each with what it reaches. Throws LabError `refused`:
 * `not_applicable` where the stack lacks what a fault acts on, `faults_overlap` where two at once would act on one
 * process, or a kind's own code.
 */
export function planFaults(
  faults: readonly { readonly kind: string }[],
  context: FaultContext,
  planners: Readonly<Record<string, FaultPlanner>>,
): readonly OpenFault[] {
  const names = new Map<string, number>();
  const drafts = faults.flatMap((fault) => planners[fault.kind]!.plan(fault, context).map((draft) => ({ fault, draft })));
  checkExclusive(drafts.map(({ draft }) => draft));
  return drafts.map(({ fault, draft }) => {
    const name = draft.name.replace(/[^A-Za-z0-9._-]/g, "-");
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return openFault(count === 1 ? name : `${name}-${count}`, fault.kind as FaultKind, draft, context);
  });
}

function checkExclusive(drafts: readonly FaultDraft[]): void {
  const exclusive = drafts.filter((draft) => draft.exclusive !== undefined).toSorted((a, b) => a.span.fromMs - b.span.fromMs);
  for (const [index, earlier] of exclusive.entries()) {
    const untilMs = (earlier.span.toMs ?? Infinity) + earlier.exclusive!.afterMs;
    const other = exclusive.slice(index + 1).find((later) => later.span.fromMs <= untilMs && later.target.components.some((component) => earlier.target.components.includes(component)));
    if (other === undefined) continue;
    throw new LabError({
      exit: "refused",
      code: "faults_overlap",
      message: `Cannot play "${other.title}" at ${other.span.fromMs} ms: "${earlier.title}" acts on the same process until ${untilMs === Infinity ? "the end of the run" : `${untilMs} ms, when it serves again`}`,
      hint: "Give the later fault a fromMs after the end of the earlier one",
    });
  }
}

function openFault(id: string, kind: FaultKind, draft: FaultDraft, context: FaultContext): OpenFault {
  const { title, span, target, phases = [], settings } = draft;
  return {
    id,
    kind,
    title,
    fromMs: span.fromMs,
    toMs: span.toMs,
    always: span.always,
    lifted: span.toMs !== null,
    target,
    affects: reachOf(draft, context),
    phases,
    signature: { ...harmless, ...draft.signature },
    ...(draft.starts === true && context.startsWithinMs !== null && { startsWithinMs: context.startsWithinMs }),
    settings,
  };
}

const harmless: FaultSignature = { fates: [], effects: [], statuses: [], ends: [], causes: [], wrong: [], unlogged: false };

/**
 * A cell is reached when its requests can pass the target: its region's clients, their gateways, or a provider of its
 * route.
 */
function reachOf({ target, reaches = () => true }: FaultDraft, context: FaultContext): FaultReach {
  const ends = target.links.map((id) => context.topology.links.find((link) => link.id === id)!);
  const passes = (cell: Cell) => target.components.some((id) => meets(cell, [id], context)) || ends.some(({ from, to }) => meets(cell, [from, to], context));
  const cells = context.cells.filter((cell) => passes(cell) && reaches(cell));
  const routes = new Set(cells.map(({ route }) => route));
  const components = new Set([...target.components, ...ends.flatMap(({ from, to }) => [from, to])]);
  const deployments = [...target.components, ...ends.map(({ to }) => to)].flatMap((id) => componentOf(context.topology, id).deployment ?? []);
  return { cells: cells.map(({ name }) => name), routes: [...routes], deployments: [...new Set(deployments)], components: [...components] };
}

/** Whether the cell's requests can meet every one of these components. */
function meets(cell: Cell, ids: readonly string[], context: FaultContext): boolean {
  const entries = entriesOf(context.topology).get(cell.region) ?? [];
  const behind = entries.filter(({ role }) => role === "edge").flatMap(({ id }) => context.topology.links.filter(({ from }) => from === id).map(({ to }) => componentOf(context.topology, to)));
  const regions = new Set([...entries, ...behind].map(({ region }) => region));
  const route = context.routes.find(({ name }) => name === cell.route);
  const meet = (component: Component) => {
    if (component.role === "client") return component.region === cell.region;
    if (component.deployment !== undefined) return route?.deployments.includes(component.deployment) === true;
    return regions.has(component.region);
  };
  return ids.every((id) => meet(componentOf(context.topology, id)));
}
