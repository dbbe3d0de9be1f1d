import { expect, test } from "vitest";
import { mcnemarP } from "./mcnemar.ts";
import { dropUpper } from "./tango.ts";

/** Wilson's upper bound is the case without mended pairs: the same score equation. */
function wilsonUpper(k: number, n: number, z = 1.959964): number {
  const centre = (k / n + (z * z) / (2 * n)) / (1 + (z * z) / n);
  return centre + (z / (1 + (z * z) / n)) * Math.sqrt((k / n) * (1 - k / n) / n + (z * z) / (4 * n * n));
}

test.each([
  [0, 20],
  [0, 100],
  [4, 100],
  [12, 20],
  [100, 100],
])("dropUpper: without mended pairs it is Wilson's bound: %i of %i", (broken, n) => {
  expect(dropUpper({ n, broken, mended: 0 })).toBeCloseTo(wilsonUpper(broken, n), 6);
});

/**
 * The drop's standardised distance, with the nuisance parameter that makes the pairs likeliest, found by search instead
 * of the closed form.
 */
function standardised({ n, broken, mended }: { n: number; broken: number; mended: number }, drop: number): number {
  const likelihood = (q: number) => (broken === 0 ? 0 : broken * Math.log(q + drop)) + (mended === 0 ? 0 : mended * Math.log(q)) + (n - broken - mended) * Math.log(1 - drop - 2 * q);
  let [low, high] = [Math.max(0, -drop), (1 - drop) / 2];
  for (let step = 0; step < 200; step++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (likelihood(a) < likelihood(b)) low = a;
    else high = b;
  }
  return (broken - mended - n * drop) / Math.sqrt(n * (2 * low + drop * (1 - drop)));
}

test.each([
  [60, 9, 3],
  [100, 2, 8],
  [44, 1, 1],
  [500, 60, 20],
])("dropUpper: lies where the score is 1.96 under the likeliest nuisance parameter: %i cases, %i broken, %i mended", (n, broken, mended) => {
  expect(standardised({ n, broken, mended }, dropUpper({ n, broken, mended }))).toBeCloseTo(-1.959964, 4);
});

test("mcnemarP: exact, two-sided, and 1 where nothing disagrees", () => {
  expect(mcnemarP({ n: 50, broken: 0, mended: 0 })).toBe(1);
  expect(mcnemarP({ n: 50, broken: 3, mended: 3 })).toBe(1);
  expect(mcnemarP({ n: 20, broken: 6, mended: 0 })).toBeCloseTo(2 / 64, 12);
  expect(mcnemarP({ n: 20, broken: 8, mended: 1 })).toBeCloseTo((2 * (1 + 9)) / 512, 12);
});
