import { needAt, nothing, onEach, type FaultAct } from "../conductor/core/fault-act.ts";

export const cacheFlush: FaultAct<unknown> = {
  inject: ({ target }, world) => onEach(target.components, (component) => world.flushCache(component)),
  needs: (fault) => needAt(fault, "admin"),
  lift: nothing,
};
