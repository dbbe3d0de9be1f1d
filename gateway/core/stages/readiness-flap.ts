import type { DefectConfig } from "../config.ts";

/**
 * Whether the gateway counts as ready under this defect: `flap` turns it each `periodMs` from `sinceMs` on, first to
 * not ready.
 */
export function isReadyUnder({ kind, periodMs, fromMs = -Infinity, toMs = Infinity }: DefectConfig, sinceMs: number, nowMs: number): boolean {
  if (kind !== "flap" || nowMs < fromMs || nowMs >= toMs) return true;
  return Math.floor((nowMs - Math.max(sinceMs, fromMs)) / periodMs!) % 2 === 1;
}
