import { hasNoLength, type Span } from "./entry.ts";
import { impactOf, levels, worstImpact } from "./impact.ts";

/** The statuses that an update gives to components; Unix ms. */
export interface ComponentChange {
  readonly atMs: number;
  readonly statuses: readonly { readonly component: string; readonly status: string }[];
}

/**
 * The stretches of the worst component, from `startMs` to `endMs`: each update that changes a status begins one.
 * Stretches in which all components work are left out, so that the last one may end before `endMs`. Empty when no
 * update reports that a component failed.
 */
export function componentSpans(changes: readonly ComponentChange[], startMs: number, endMs: number): readonly Span[] {
  const current = new Map<string, string>();
  const edges = changes.filter(({ statuses }) => statuses.length > 0).toSorted((a, b) => a.atMs - b.atMs).map(({ atMs, statuses }) => {
    for (const { component, status } of statuses) current.set(component, status);
    return { atMs, impact: worstImpact([...current.values()].map((status) => impactOf(status) ?? "unknown")) };
  });
  const spans = edges.map(({ atMs, impact }, index): Span => ({ startMs: index === 0 ? Math.min(startMs, atMs) : atMs, endMs: edges[index + 1]?.atMs ?? endMs, impact }));
  return joined(spans.filter((span) => span.impact !== "none" && span.startMs < span.endMs));
}

/** Neighbours of one impact as one span. */
function joined(spans: readonly Span[]): readonly Span[] {
  return spans.reduce<Span[]>((list, span) => {
    const last = list.at(-1);
    if (last !== undefined && last.endMs === span.startMs && last.impact === span.impact) list[list.length - 1] = { ...last, endMs: span.endMs };
    else list.push(span);
    return list;
  }, []);
}

/** Stretches of several components overlap: at each moment the worst counts. Those without a length are none. */
export function worstSpans(all: readonly Span[]): readonly Span[] {
  const spans = all.filter(({ startMs, endMs }) => !hasNoLength(startMs, endMs));
  const edges = [...new Set(spans.flatMap(({ startMs, endMs }) => [startMs, endMs]))].sort((a, b) => a - b);
  const pieces = edges.slice(0, -1).flatMap((startMs, index): readonly Span[] => {
    const covering = spans.filter((span) => span.startMs <= startMs && startMs < span.endMs);
    const worst = covering.toSorted((a, b) => levels[b.impact].errorRate - levels[a.impact].errorRate)[0];
    return worst === undefined ? [] : [{ startMs, endMs: edges[index + 1]!, impact: worst.impact }];
  });
  return joined(pieces);
}
