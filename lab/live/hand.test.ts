import { expect, test } from "vitest";
import type { NoteRecord } from "../../kernel/records.ts";
import { RunHand } from "./hand.ts";

function takingNotes(nowMs: number) {
  const hand = new RunHand();
  const notes: NoteRecord[] = [];
  return { hand, notes, taking: hand.takeNotes({ nowMs: () => nowMs }, (note) => void notes.push(note)) };
}

test("RunHand: a note is recorded with the time of the run, and without the space around it", () => {
  const { hand, notes } = takingNotes(12_345.6);
  expect(hand.note("  Pager went off\n")).toEqual({ atMs: 12_346, text: "Pager went off" });
  expect(notes).toEqual([{ atMs: 12_346, text: "Pager went off" }]);
});

test("RunHand: a note before the timeline's zero counts from it", () => {
  expect(takingNotes(-800).hand.note("early").atMs).toBe(0);
});

test("RunHand: notes are refused before and after the timeline, when they are empty or too long, and when there are too many", () => {
  const { hand, notes, taking } = takingNotes(1_000);
  for (const text of ["", " \n ", "x".repeat(2_001)]) expect(() => hand.note(text)).toThrow("Cannot record the note: it has");
  for (let number = 0; number < 1_000; number++) hand.note("x".repeat(2_000));
  expect(() => hand.note("one more")).toThrow("the run has 1000 notes already");
  expect(notes).toHaveLength(1_000);
  expect(hand.takesNotes).toBe(true);
  taking[Symbol.dispose]();
  expect(hand.takesNotes).toBe(false);
  expect(() => hand.note("late")).toThrow("the timeline of the run does not go on");
  expect(() => new RunHand().note("early")).toThrow("the timeline of the run does not go on");
});

test("RunHand: the end of a control does not end the notes of the run after it", () => {
  const { hand, taking } = takingNotes(1_000);
  const notes: NoteRecord[] = [];
  hand.takeNotes({ nowMs: () => 5 }, (note) => void notes.push(note));
  taking[Symbol.dispose]();
  hand.note("of the run");
  expect(notes).toEqual([{ atMs: 5, text: "of the run" }]);
});
