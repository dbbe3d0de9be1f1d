import type { Plan } from "../../kernel/plan.ts";
import type { BypassStep, OfferedBypass } from "../conductor/core/hand-bypass.ts";
import type { Inputs } from "./kept-inputs.ts";
import { planAlone } from "./plan-alone.ts";

/**
 * The teams that a person may lead past the gateways by hand, with both steps as the scenario would plan them. None
 * where the stack has no bypass. A team that the scenario's own operator leads is left out: it has one window a run.
 */
export function handStepsOf(inputs: Inputs, plan: Plan): readonly OfferedBypass[] {
  const teams = [...new Set(plan.cells.map(({ team }) => team))];
  const written = teams.flatMap((team) => (["on", "off"] as const).map((turn) => ({ kind: "break_glass", turn, team, fromMs: 0 })));
  const { actions = [] } = planAlone(inputs, plan.run, { actions: written }) ?? {};
  const led = new Set(((plan.actions ?? []) as readonly BypassStep[]).map(({ settings }) => settings.team));
  const possible = (actions as readonly BypassStep[]).filter(({ lacking, settings }) => lacking === null && !led.has(settings.team));
  const stepOf = (team: string, wanted: BypassStep["settings"]["turn"]) => possible.find(({ settings }) => settings.team === team && settings.turn === wanted);
  return teams.flatMap((team) => {
    const [on, off] = [stepOf(team, "on"), stepOf(team, "off")];
    return on === undefined || off === undefined ? [] : [{ on, off }];
  });
}
