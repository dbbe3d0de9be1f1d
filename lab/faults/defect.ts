import type { DefectSettings } from "../../scenarios/faults/defect.ts";
import { needAt, onEach, type FaultAct } from "../conductor/core/fault-act.ts";

/**
 * Planted in a gateway that runs; one that starts again while the fault is in force gets it again. One that dies of it
 * is started again by the world, as a supervisor would.
 */
export const defect: FaultAct<DefectSettings> = {
  inject: ({ id, target, settings }, world) => onEach(target.components, (component) => world.applyDefect(component, id, settings)),
  lift: ({ id, target }, world) => onEach(target.components, (component) => world.removeDefect(component, id)),
  needs: (fault) => needAt(fault, "admin"),
  reapply: ({ id, settings }, component, world) => world.applyDefect(component, id, settings),
};
