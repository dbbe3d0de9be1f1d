import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exhibitScenarios, exhibitStacks, playExhibit } from "../lab/exhibit/exhibit.ts";
import { paintFor } from "../lab/board/paint.ts";
import { exhibitText } from "../lab/exhibit/text.ts";
import { exhibitRun } from "../lab/exhibit/cell.ts";

test("exhibitRun: the three scenarios ask the same at the same times, so that they share a control, and at most 600 requests", () => {
  const arrivals = exhibitScenarios.map((scenario) => exhibitRun(scenario, "naive").arrivals);
  expect(arrivals[0]!.length).toBeGreaterThan(500);
  for (const each of arrivals) {
    expect(each.length).toBeLessThanOrEqual(600);
    expect(each).toEqual(arrivals[0]);
  }
});

test("playExhibit: a provider down hurts nobody, a dead gateway everybody who has one only, a sick one in silence", async () => {
  const steps: (readonly [number, number])[] = [];
  const cells = await playExhibit((done, total) => void steps.push([done, total]));
  expect(steps.at(-1)).toEqual([8, 8]);
  const of = (scenario: string) => cells.filter((cell) => cell.scenario === scenario);
  expect(cells.map(({ scenario, stack }) => [scenario, stack])).toEqual(exhibitScenarios.flatMap((scenario) => exhibitStacks.map((stack) => [scenario, stack])));
  for (const cell of of("provider-down")) expect(cell).toMatchObject({ verdict: "held", blastRadius: 0 });
  const [naive, hardened] = of("gateway-dead");
  expect(naive).toMatchObject({ stack: "naive", verdict: "deviated", silentShare: 0 });
  expect(naive!.blastRadius).toBeGreaterThan(0.5);
  expect(hardened).toMatchObject({ stack: "hardened", verdict: "held" });
  expect(hardened!.blastRadius).toBeLessThan(0.05);
  for (const cell of of("gateway-sick")) {
    expect(cell).toMatchObject({ verdict: "deviated", silentShare: 1 });
    expect(cell.blastRadius).toBeGreaterThan(0.15);
  }
  const shown = exhibitText(cells, paintFor({ isTTY: false } as NodeJS.WriteStream)).trim();
  expect(readFileSync(new URL("../README.md", import.meta.url), "utf8"), "README.md shows other figures than `npx blastlab exhibit`").toContain(shown);
});
