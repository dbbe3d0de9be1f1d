import type { Rng } from "../../../kernel/rng.ts";
import { attribute } from "./settings.ts";
import { passThrough, type Toxic } from "./toxic.ts";

/**
 * A late timer is compensated up to this time, so that short delays hold on average. A longer pause has another cause.
 */
const slackMs = 2;

/**
 * Cuts chunks into pieces of about `average_size` +/- `size_variation` bytes, and waits `delay` microseconds after
 * each. An average below 1 cuts nothing. The variation is held below the average.
 */
export const slicer: Toxic = {
  capacity: 1,
  onUpdate: "release",
  closesWhenRemoved: false,
  open() {
    let pieces: number[] = [];
    let readyMs = -Infinity;
    return {
      step(view) {
        const { head, nowMs } = view;
        if (readyMs > nowMs) return { kind: "wait", untilMs: readyMs };
        if (head === null) return passThrough(view);
        if (pieces.length === 0) {
          const average = Math.floor(attribute(view.attributes, "average_size"));
          const variation = Math.floor(attribute(view.attributes, "size_variation"));
          pieces = sliceSizes(head.bytes.length, { average, variation, rng: view.rng });
        }
        const fromMs = nowMs - readyMs > slackMs ? nowMs : readyMs;
        readyMs = fromMs + attribute(view.attributes, "delay") / 1000;
        return { kind: "pass", bytes: pieces.shift()! };
      },
    };
  },
};

/**
 * Sizes of the pieces of `size` bytes: halved about the middle until a piece is at most average + variation. They add
 * up to `size`, and each is at least 1.
 */
export function sliceSizes(size: number, options: { average: number; variation: number; rng: Rng }): number[] {
  const { average, rng } = options;
  if (average < 1 || size <= average) return [size];
  const variation = Math.min(options.variation, average - 1);
  const sizes: number[] = [];
  const rest = [size];
  while (rest.length > 0) {
    const piece = rest.pop()!;
    if (piece - average <= variation) {
      sizes.push(piece);
      continue;
    }
    const shift = variation > 0 ? Math.floor(rng.next() * 2 * variation) - variation : 0;
    const left = Math.floor(piece / 2) + shift;
    rest.push(piece - left, left);
  }
  return sizes;
}
