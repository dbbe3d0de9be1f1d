import { outage } from "./outage.ts";

/** An incident of the catalogue is played as an outage is. */
export const incident = outage;
