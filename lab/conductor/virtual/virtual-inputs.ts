import type { RunInputs } from "../../plan/resolve-run.ts";

/**
 * A run in virtual time always has a paired control, whatever its scenario says: it costs seconds, and no steady state
 * is as like the exposure.
 */
export const virtualInputs = (inputs: RunInputs): RunInputs => ({ ...inputs, sets: [...inputs.sets, "measure.control=paired"] });
