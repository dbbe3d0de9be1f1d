import type { MeasureName } from "../../kernel/plan.ts";
import type { Range } from "../../kernel/verdict.ts";

const bars = "▁▂▃▄▅▆▇█";

/** A share 0..1 as `12.3 %`; `-` for null. */
export function percent(share: number | null): string {
  return share === null ? "-" : `${(share * 100).toFixed(1)} %`;
}

/** Milliseconds as `812 ms`, `1.2 s`, `2:05`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return clockTime(ms);
}

/** Milliseconds as `m:ss`. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Minutes as `45 min`, `3 h 05 min`, `2 d 4 h`. */
export function minutes(count: number): string {
  const whole = Math.round(count);
  if (whole < 60) return `${whole} min`;
  if (whole < 1_440) return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, "0")} min`;
  return `${Math.floor(whole / 1_440)} d ${Math.floor((whole % 1_440) / 60)} h`;
}

/** Shares 0..1 as bars, the newest last; a share of 0 is the lowest bar, null a gap. */
export function sparkline(shares: readonly (number | null)[]): string {
  const bar = (share: number) => (share <= 0 ? bars[0]! : bars[Math.min(bars.length - 1, 1 + Math.floor(share * (bars.length - 1)))]!);
  return shares.map((share) => (share === null ? " " : bar(share))).join("");
}

const unitOf: Readonly<Record<MeasureName, "share" | "ms" | "times" | "count">> = {
  blastRadius: "share",
  breadth: "share",
  depth: "share",
  containment: "share",
  silentShare: "share",
  badShare: "share",
  amplification: "times",
  tokenWaste: "share",
  recoveryMs: "ms",
  detectionMs: "ms",
  wrongAnswers: "count",
  errorBudgetBurned: "times",
};

/** A measure's value in its own unit. */
export function measured(measure: MeasureName, value: number): string {
  switch (unitOf[measure]) {
    case "share":
      return percent(value);
    case "ms":
      return duration(value);
    case "times":
      return `${value.toFixed(2)} x`;
    case "count":
      return String(value);
  }
}

/** A range in the measure's unit: one value where both ends are equal; `-` where it cannot be said. */
export function measuredRange(measure: MeasureName, range: Range | null): string {
  if (range === null) return "-";
  const [low, high] = range;
  return low === high ? measured(measure, low) : `${measured(measure, low)} .. ${measured(measure, high)}`;
}

/** `blastRadius` as `blast radius`, `recoveryMs` as `recovery`. */
export function measureTitle(measure: MeasureName): string {
  return measure.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
