/**
 * Version of the code that makes a plan and arrivals of scenario, stack and seed. Raise it with every change after
 * which the same inputs give another plan: run directories of the version before can then not be recomputed, and their
 * verdicts say so. A test holds it to the plan of a fixture.
 */
export const plannerVersion = 2;
