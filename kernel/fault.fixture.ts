import type { Fault } from "./fault.ts";

/** A fault for tests: in force from 20 s to 60 s, at and against nothing, by default. */
export function faultOf(changes: Partial<Fault> & { readonly id: string }): Fault {
  return {
    kind: "outage",
    title: changes.id,
    fromMs: 20_000,
    toMs: 60_000,
    always: false,
    lifted: true,
    phases: [],
    settings: {},
    ...changes,
    target: { components: [], links: [], ...changes.target },
    affects: { cells: [], routes: [], deployments: [], components: [], ...changes.affects },
    signature: { fates: [], effects: [], statuses: [], ends: [], causes: [], wrong: [], unlogged: false, ...changes.signature },
  };
}
