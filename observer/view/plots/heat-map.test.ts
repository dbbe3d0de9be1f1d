import { expect, test } from "vitest";
import { heatLevels, heatMap, levelOf } from "./heat-map.ts";

test("levelOf: nothing is level 0, a share at a limit is of the lower level", () => {
  expect([0, 0.001, 0.05, 0.06, 0.25, 0.5, 0.75, 0.76, 1].map(levelOf)).toEqual([0, 1, 1, 2, 2, 3, 4, 5, 5]);
  expect(heatLevels).toHaveLength(levelOf(1) + 1);
});

test("heatMap: a field lies where its time is, and one without damage is not drawn", () => {
  const fields = [{ fromMs: 0, toMs: 20_000, share: 0 }, { fromMs: 20_000, toMs: 50_000, share: 0.9 }];
  const { text } = heatMap({ title: "Cells", axis: { fromMs: 0, toMs: 100_000 }, bands: [], rows: [{ label: "red/<b>", total: "9 of 10", fields }] });
  expect(text.match(/class="heat-5"/g)).toHaveLength(1);
  expect(text).toContain('<rect class="heat-5" x="20%" y="27" width="30%"');
  expect(text).toContain("red/&lt;b&gt;");
});
