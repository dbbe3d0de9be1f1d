import { expect, test } from "vitest";
import { aloneTenant, playTenants } from "./support/tenants.ts";

/** One and two unless told: `npm run ranking` plays twenty seeds with the outage and forty without. */
const many = process.env["BLASTLAB_RANKING_SEEDS"];
const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const slow = { timeout: 120_000 };

test.each(seeds(many === undefined ? 1 : Number(many)))("reach: one tenant of fifty that is wholly down is the only one named, and the worst hit, seed %i", slow, async (seed) => {
  const { measures, reasons } = await playTenants(seed, "outage");
  const { cells, clients } = measures!.reach;
  expect(cells.hit.map(({ cell }) => cell), reasons.join(" ")).toEqual([expect.stringContaining(aloneTenant)]);
  const [worst] = cells.hit;
  expect(worst!.bad).toBeGreaterThan(10);
  expect(worst!.detectionMs).toBeLessThan(20_000);
  for (const { cell } of clients!.hit) expect(cell).toContain(aloneTenant);
});

test.each(seeds(many === undefined ? 2 : 2 * Number(many)))("reach: nobody is named in a healthy run, seed %i", slow, async (seed) => {
  const { measures, verdict } = await playTenants(seed, "healthy");
  expect(measures!.reach.cells.hit).toEqual([]);
  expect(measures!.reach.clients!.hit).toEqual([]);
  expect(verdict).toBe("held");
});
