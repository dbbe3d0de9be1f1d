import type { OutageSettings } from "../../scenarios/faults/provider-outage.ts";
import { nothing, type FaultAct } from "../conductor/core/fault-act.ts";

/** The providers play it by themselves, on the same timeline. */
export const incident: FaultAct<OutageSettings> = { inject: nothing, lift: nothing, phases: ({ settings }) => settings.phases };
