import { expect, test } from "vitest";
import { replay } from "./journal.ts";
import { ControlRig, sha256 } from "../testing.ts";

const journal = () => {
  const rig = new ControlRig().seeded();
  rig.promote(rig.push("second"));
  return { text: rig.journal, state: rig.plane.state };
};

test("replay: gives the state back, and cuts off a torn last line alone", () => {
  const { text, state } = journal();
  expect(replay(text, sha256)).toMatchObject({ state, torn: false });
  const lines = text.split("\n");
  const torn = text.slice(0, -10);
  expect(replay(torn, sha256)).toEqual({ ...replay(`${lines.slice(0, -2).join("\n")}\n`, sha256), torn: true });
});

test("replay: a line that was changed, taken out or moved is found", () => {
  const { text } = journal();
  const lines = text.split("\n");
  expect(() => replay(text.replace('"why":"test"', '"why":"fair"'), sha256)).toThrow("Line 1");
  expect(() => replay(lines.toSpliced(2, 1).join("\n"), sha256)).toThrow("Line 3");
  expect(() => replay(lines.toSpliced(1, 1, "{}").join("\n"), sha256)).toThrow("Line 2");
});
