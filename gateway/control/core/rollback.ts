import { entryOf, type ControlState } from "./state.ts";

/**
 * The hash of the package whose configuration a rollback puts back: `to`, or the last one that was active before and
 * differs from the present one. Only what a data plane of this region has acknowledged and what was once active counts,
 * which is why it needs neither check nor receipt. Null: none.
 */
export function rollbackTarget(state: ControlState, to: string | null): string | null {
  const active = entryOf(state, state.active);
  if (active === undefined) return null;
  const candidates = state.history.filter(
    ({ package: { hash, content }, activeAtMs, state: standing }) =>
      activeAtMs !== null && (state.accepted[hash] ?? []).length > 0 && content !== active.package.content && (to === null ? standing === "superseded" : hash === to),
  );
  return candidates.at(-1)?.package.hash ?? null;
}
