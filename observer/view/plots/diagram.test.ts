import { expect, test } from "vitest";
import { diagram } from "./diagram.ts";
import { spanPlot } from "./spans.ts";

const nodes = [
  { id: "client", column: 0, signs: [] },
  { id: "gateway-<1>", column: 1, signs: ["1"] },
  { id: "gateway-2", column: 1, signs: [] },
];
const { text } = diagram({ title: "World", columns: ["clients", "gateways"], nodes, ways: [{ from: "client", to: "gateway-2", signs: ["2"] }, { from: "client", to: "nobody", signs: [] }] });

test("diagram: every party is a box in its column, and what a fault acts on is marked with its sign", () => {
  expect(text.match(/<rect class="node"/g)).toHaveLength(2);
  expect(text.match(/<rect class="node node-hit"/g)).toHaveLength(1);
  expect(text).toContain("gateway-&lt;1&gt;");
  expect(text).toContain('height="102"');
});

test("diagram: a way goes from side to side of its boxes, and one to nowhere is left out", () => {
  expect(text.match(/<line /g)).toHaveLength(1);
  expect(text).toContain('<line class="way way-hit" x1="43.5%" x2="56.5%" y1="62" y2="82"/>');
});

test("spanPlot: a bar lies where its time is, and a moment can be seen", () => {
  const plot = spanPlot({ title: "Broken", axis: { fromMs: 0, toMs: 100_000 }, rows: [{ label: "gateway", spans: [{ sign: "1", fromMs: 20_000, toMs: 60_000 }, { sign: "2", fromMs: 70_000, toMs: 70_000 }] }] }).text;
  expect(plot).toContain('x="20%" y="17" width="40%"');
  expect(plot).toContain('x="70%" y="17" width="0.4%"');
});
