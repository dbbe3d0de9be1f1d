import type { ConfigPushSettings } from "../../scenarios/faults/config-push.ts";
import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

/** In force once it is answered: what becomes of it is the control plane's to decide, or, without one, at once. */
export const configPush: FaultAct<ConfigPushSettings> = {
  inject: ({ settings: { to, ...push } }, world) => onEach(to, (component) => world.push(component, push)),
  lift: ({ settings: { to } }, world) => onEach(to, (component) => world.takeBack(component)),
  // A pushed package is in force until it is rolled back.
  outlasts: true,
  needs: ({ settings: { to } }) => to.map((component) => ({ component, ability: "configure" })),
};
