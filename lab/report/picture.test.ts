import { expect, test } from "vitest";
import { terminalSvg } from "./picture.ts";

test("terminalSvg: a line of text is a line of the picture, and its size is that of the text without its colours", () => {
  const plain = terminalSvg("ab\nabcd\n");
  expect(plain.match(/<text /g)).toHaveLength(2);
  expect(plain).toContain(`width="${Math.ceil(40 + 8.1 * 4)}" height="${40 + 2 * 19}"`);
  expect(terminalSvg("\u001b[31mab\u001b[39m\nabcd\n").split("\n")[0]).toBe(plain.split("\n")[0]);
});

test("terminalSvg: colours become spans and end where they end; markup in the text stays text", () => {
  expect(terminalSvg("x \u001b[31m<bad> & gone\u001b[39m y")).toContain('>x <tspan fill="#ff7b72">&lt;bad&gt; &amp; gone</tspan> y</text>');
  expect(terminalSvg("\u001b[1mbold\u001b[22m")).toContain('<tspan font-weight="bold" fill="#ffffff">bold</tspan></text>');
});
