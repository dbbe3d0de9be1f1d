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

test("diagram: a way that leaves out a column bends round its boxes", () => {
  const three = [{ id: "gateway", column: 0, signs: [] }, { id: "vault", column: 1, signs: [] }, { id: "one", column: 2, signs: [] }, { id: "two", column: 2, signs: [] }];
  const ways = [{ from: "gateway", to: "vault", signs: [] }, { from: "gateway", to: "one", signs: [] }, { from: "gateway", to: "two", signs: ["1"] }];
  const svg = diagram({ title: "World", columns: ["gateways", "what they need", "providers"], nodes: three, ways }).text;
  // The vault's box stands in the middle, 12 above and below 62.
  expect([...svg.matchAll(/<path class="([^"]+)" d="([^"]+)"/g)].map(([, name, path]) => [name, path])).toEqual([
    ["way", "M29 62L37.66 42L62.34 42L71 42"],
    ["way way-hit", "M29 62L37.66 82L62.34 82L71 82"],
  ]);
  expect(svg.match(/<line class="way/g)).toHaveLength(1);
});

test("spanPlot: a bar lies where its time is, and a moment can be seen", () => {
  const plot = spanPlot({ title: "Broken", axis: { fromMs: 0, toMs: 100_000 }, rows: [{ label: "gateway", spans: [{ sign: "1", fromMs: 20_000, toMs: 60_000 }, { sign: "2", fromMs: 70_000, toMs: 70_000 }] }] }).text;
  expect(plot).toContain('x="20%" y="17" width="40%"');
  expect(plot).toContain('x="70%" y="17" width="0.4%"');
});
