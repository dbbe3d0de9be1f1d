import { expect, test } from "vitest";
import { replay } from "./journal.ts";
import { ControlRig, sha256 } from "../testing.ts";

const chain = { region: "a", digest: sha256 };

const journal = () => {
  const rig = new ControlRig().seeded();
  rig.promote(rig.push("second"));
  return { text: rig.journal, state: rig.plane.state };
};

test("replay: gives the state back, and cuts off a torn last line alone", () => {
  const { text, state } = journal();
  expect(replay(text, chain)).toMatchObject({ state, torn: false });
  const lines = text.split("\n");
  const torn = text.slice(0, -10);
  expect(replay(torn, chain)).toEqual({ ...replay(`${lines.slice(0, -2).join("\n")}\n`, chain), torn: true });
});

test("replay: another region's journal is refused, whatever it says", () => {
  expect(() => replay(journal().text, { ...chain, region: "b" })).toThrow('not begun by region "b"');
});

test("replay: a line that was changed, taken out or moved is found", () => {
  const { text } = journal();
  const lines = text.split("\n");
  expect(() => replay(text.replace('"why":"test"', '"why":"fair"'), chain)).toThrow("Line 1");
  expect(() => replay(lines.toSpliced(2, 1).join("\n"), chain)).toThrow("Line 3");
  expect(() => replay(lines.toSpliced(1, 1, "{}").join("\n"), chain)).toThrow("Line 2");
});
