import type { ClockSkewSettings } from "../../scenarios/faults/clock-skew.ts";
import { needAt, onEach, type FaultAct } from "../conductor/core/fault-act.ts";

/** A process that starts again reads the true time: the offset is put in force again. */
export const clockSkew: FaultAct<ClockSkewSettings> = {
  inject: ({ target, settings }, world) => onEach(target.components, (component) => world.skewClock(component, settings.offsetMs)),
  lift: ({ target }, world) => onEach(target.components, (component) => world.skewClock(component, 0)),
  needs: (fault) => needAt(fault, "admin"),
  reapply: ({ settings }, component, world) => world.skewClock(component, settings.offsetMs),
};
