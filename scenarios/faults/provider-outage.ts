import type { FaultPhase, FaultSignature } from "../../kernel/fault.ts";
import type { EffectKind } from "../../kernel/effects.ts";
import type { BadCause, WrongKind } from "../../kernel/judgement.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";
import type { WireFate } from "../../kernel/request-ends.ts";
import type { FaultContext, FaultDraft } from "./fault-planner.ts";

/** What the providers of the target play by themselves. */
export interface OutageSettings {
  readonly phases: readonly PlannedPhase[];
}

/** An outage of some deployments as a draft: it spans from its first phase to its last. */
export function outageDraft(options: { name: string; title: string; deployments: readonly string[]; phases: readonly PlannedPhase[]; context: FaultContext }): FaultDraft<OutageSettings> {
  const { name, title, deployments, phases, context } = options;
  const components = context.topology.components.filter(({ deployment }) => deployment !== undefined && deployments.includes(deployment));
  return {
    name,
    title: `${title} on ${deployments.join(", ")}`,
    span: { fromMs: Math.min(...phases.map(({ fromMs }) => fromMs)), toMs: Math.max(...phases.map(({ toMs }) => toMs)), always: false },
    target: { components: components.map(({ id }) => id), links: [] },
    phases: phases.map(phaseOf),
    signature: signatureOf(phases),
    settings: { phases },
  };
}

/** Whether these phases leave every request as it is. A run of such a fault would hold on any stack. */
export function changesNothing(phases: readonly PlannedPhase[]): boolean {
  return phases.every(
    ({ errorRate, latencyFactor, addedLatencyMs, streamTruncationRate, wrongOutputRate, effects = [], select }) =>
      select?.clientShare === 0 ||
      (errorRate === 0 && latencyFactor === 1 && addedLatencyMs === 0 && streamTruncationRate === 0 && wrongOutputRate === 0 && effects.every(({ share = 1 }) => share === 0)),
  );
}

function phaseOf(phase: PlannedPhase): FaultPhase {
  const { index, fromMs, toMs, select, latencyFactor, addedLatencyMs } = phase;
  return { index, fromMs, toMs, title: phaseTitle(phase), partial: select !== undefined, slows: latencyFactor > 1 || addedLatencyMs > 0 };
}

/** `25 % errors (503, 500), latency x2`; `normal` for a phase in which all is well. */
export function phaseTitle(phase: PlannedPhase): string {
  const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`;
  const parts = [
    ...(phase.errorRate > 0 ? [`${percent(phase.errorRate)} errors (${Object.keys(phase.statusMix).join(", ")})`] : []),
    ...(phase.latencyFactor > 1 ? [`latency x${Number(phase.latencyFactor.toPrecision(3))}`] : []),
    ...(phase.addedLatencyMs > 0 ? [`+${phase.addedLatencyMs} ms`] : []),
    ...(phase.streamTruncationRate > 0 ? [`${percent(phase.streamTruncationRate)} of streams cut`] : []),
    ...(phase.wrongOutputRate > 0 ? [`${percent(phase.wrongOutputRate)} of answers wrong (${phase.wrongOutputKind.replace("_", " ")})`] : []),
    ...(phase.effects ?? []).map(({ kind, share = 1 }) => `${kind.replaceAll("_", " ")}${share < 1 ? ` ${percent(share)}` : ""}`),
  ];
  return parts.length === 0 ? "normal" : parts.join(", ");
}

function signatureOf(phases: readonly PlannedPhase[]): Partial<FaultSignature> {
  const fates = new Set<WireFate>();
  const statuses = new Set<number>();
  const causes = new Set<BadCause>(["error", "late", "truncated"]);
  const wrong = new Set<WrongKind>();
  const effects = new Set<EffectKind>();
  for (const phase of phases) {
    if (phase.errorRate > 0) {
      for (const status of Object.keys(phase.statusMix)) {
        if (status === "timeout") fates.add("timeout");
        else if (status === "reset" || status === "dns") fates.add("reset");
        else {
          fates.add("error");
          statuses.add(Number(status));
        }
      }
    }
    if (phase.streamTruncationRate > 0) fates.add("truncate");
    if (phase.wrongOutputRate > 0) {
      fates.add("wrong");
      causes.add("wrong");
      for (const kind of phase.wrongOutputKind === "other_model" ? otherModel : garbled) wrong.add(kind);
    }
    for (const { kind } of phase.effects ?? []) {
      effects.add(kind);
      for (const one of wrongByEffect[kind] ?? []) {
        causes.add("wrong");
        wrong.add(one);
      }
    }
  }
  return { fates: [...fates], statuses: [...statuses], causes: [...causes], wrong: [...wrong], effects: [...effects] };
}

const garbled: readonly WrongKind[] = ["foreign_word", "no_mark", "mixed_marks", "lost", "doubled"];
const otherModel: readonly WrongKind[] = ["wrong_model"];

/** Effects that can leave an answer wrong although every byte of it came. */
const wrongByEffect: Partial<Record<EffectKind, readonly WrongKind[]>> = {
  duplicated: ["doubled", "mixed_marks"],
  reordered: ["lost", "doubled", "foreign_word", "mixed_marks", "no_mark"],
  malformed: ["lost", "no_mark", "mixed_marks"],
  mixed_up: ["cross_tenant", "other_intent", "foreign_answer", "transformed"],
};
