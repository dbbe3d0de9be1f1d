import type { DailySettings } from "../../kernel/capacity.ts";
import { quantise } from "../../kernel/rng.ts";

const msPerHour = 3_600_000;

/**
 * The factor on every latency: `peakFactor` at the peak hour, 1 twelve hours away, a raised cosine between. Shape after
 * practitioners' reports of US business hours, off-peak 30 to 40 % faster (tianpan.co, "Diurnal latency", 2026-05-09):
 * not measured data.
 */
export function dailyFactor(settings: DailySettings | undefined, nowMs: number): number {
  if (settings === undefined) return 1;
  const hour = settings.startHour + (nowMs / msPerHour) * settings.speed;
  const nearness = (1 + Math.cos((2 * Math.PI * (hour - settings.peakHour)) / 24)) / 2;
  return quantise(1 + (settings.peakFactor - 1) * nearness);
}
