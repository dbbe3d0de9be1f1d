/**
 * How long one part of a run may take until it is ready. Readiness decides when the timeline starts, and a machine that
 * is busy with other work only takes longer: this ends a start that will never be done.
 */
export const startLimitMs = 120_000;
