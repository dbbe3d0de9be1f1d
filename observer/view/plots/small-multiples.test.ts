import { expect, test } from "vitest";
import { heightOf, smallMultiples, type SmallMultiples } from "./small-multiples.ts";

const plots: SmallMultiples = {
  title: "Timeline",
  axis: { fromMs: 0, toMs: 100_000 },
  steps: 100,
  bands: [
    { sign: "1", title: "the gateway <killed>", fromMs: 20_000, toMs: 40_000 },
    { sign: "2", title: "a restart", fromMs: 70_000, toMs: 70_000 },
    { sign: "3", title: "for nearly all of it", fromMs: 1_000, toMs: 99_000 },
  ],
  marks: [
    { sign: "A", atMs: 25_000, kind: "alarm" },
    { sign: "B", atMs: 26_000, kind: "recovery" },
    { sign: "C", atMs: 99_000, kind: "exit" },
  ],
  rows: [{ label: "bad", scale: "30 at most", max: 30, layers: [{ shape: "area", tone: "bad", values: [0, 30] }, { shape: "line", tone: "offered", values: [null, null] }] }],
};
const { text } = smallMultiples(plots);

test("smallMultiples: a band lies behind all rows where its time is, and one without length is a line", () => {
  expect(text).toContain('<rect class="fault-band" x="20%"');
  expect(text).toContain('<line class="fault-moment" x1="70%" x2="70%"');
  expect(text).toContain("the gateway &lt;killed&gt;");
});

test("smallMultiples: a band's title stands on the side with more room, and where there is none its sign stands in the band", () => {
  expect(text).toMatch(/<text x="40%" dx="4" y="\d+"><tspan class="sign">1<\/tspan><tspan class="wide"> the gateway/);
  expect(text).toMatch(/<text x="70%" dx="-4" y="\d+" text-anchor="end"><tspan class="sign">2</);
  expect(text).toMatch(/<text class="sign on-fault" x="1%" dx="3" y="\d+">3<\/text>/);
});

test("smallMultiples: signs of marks that are close together stand side by side, and the last ones before their line", () => {
  expect(text).toMatch(/x="25%" dx="4" y="\d+">A</);
  expect(text).toMatch(/x="26%" dx="15" y="\d+">B</);
  expect(text).toMatch(/x="99%" dx="-4" y="\d+" text-anchor="end">C</);
});

test("smallMultiples: a layer without a value is not drawn, and the height is that of what is drawn", () => {
  expect(text).toContain('class="area tone-bad" d="M1 32V0H2V32Z"');
  expect(text).not.toContain("tone-offered");
  expect(text).toContain(`height="${heightOf(plots)}"`);
  expect(heightOf({ ...plots, rows: [...plots.rows, ...plots.rows] }) - heightOf(plots)).toBe(54);
});
