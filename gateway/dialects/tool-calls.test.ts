import { expect, test } from "vitest";
import { ContractBreach } from "../core/contracts.ts";
import { ToolCallTracker } from "./tool-calls.ts";

test("ToolCallTracker.piece: a call begins once, whether its id comes once or every time", () => {
  const tracker = new ToolCallTracker();
  expect(tracker.piece({ key: 0, id: "a", name: "look", text: "" })).toEqual([{ type: "tool_call", index: 0, id: "a", name: "look" }]);
  expect(tracker.piece({ key: 0, id: null, name: null, text: "{" })).toEqual([{ type: "tool_arguments", index: 0, text: "{" }]);
  expect(tracker.piece({ key: 0, id: "a", name: "look", text: "}" })).toEqual([{ type: "tool_arguments", index: 0, text: "}" }]);
});

test("ToolCallTracker.piece: another id under the same key is another call; without ids they are numbered", () => {
  const tracker = new ToolCallTracker();
  tracker.piece({ key: 0, id: "a", name: "look", text: "{}" });
  expect(tracker.piece({ key: 0, id: "b", name: "look", text: "{}" })[0]).toMatchObject({ type: "tool_call", index: 1, id: "b" });
  expect(tracker.piece({ key: 7, id: null, name: "see", text: "" })).toEqual([{ type: "tool_call", index: 2, id: "call_2", name: "see" }]);
});

test.each([
  ["behind its id", [{ id: "a", name: null, text: "" }, { id: null, name: "look", text: "{}" }]],
  ["behind an empty one", [{ id: "a", name: "", text: "" }, { id: "a", name: "look", text: "{}" }]],
  ["behind arguments", [{ id: "a", name: null, text: "{" }, { id: null, name: null, text: "}" }, { id: null, name: "look", text: "" }]],
  ["with its id behind arguments", [{ id: null, name: null, text: "{" }, { id: "a", name: "look", text: "}" }]],
])("ToolCallTracker.piece: a name may come %s", (_, pieces) => {
  const tracker = new ToolCallTracker();
  expect(tracker.piece({ key: 0, id: null, name: null, text: "" })).toEqual([]);
  const [begun, ...rest] = pieces.flatMap((piece) => tracker.piece({ key: 0, ...piece }));
  expect(begun).toEqual({ type: "tool_call", index: 0, id: "a", name: "look" });
  expect(rest.map((event) => (event.type === "tool_arguments" ? event.text : "")).join("")).toBe("{}");
  expect(tracker.closeAll()).toEqual([]);
});

test("ToolCallTracker.closeAll: arguments without a name break the contract", () => {
  const tracker = new ToolCallTracker();
  expect(tracker.piece({ key: 0, id: null, name: null, text: "{" })).toEqual([]);
  expect(() => tracker.closeAll()).toThrow(ContractBreach);
});

test("ToolCallTracker.close: a call without arguments gets an empty object, once", () => {
  const tracker = new ToolCallTracker();
  tracker.piece({ key: 3, id: "a", name: "look", text: "" });
  expect(tracker.close(3)).toEqual([{ type: "tool_arguments", index: 0, text: "{}" }]);
  expect([tracker.close(3), tracker.close(9)]).toEqual([[], []]);
});

test("ToolCallTracker.piece: without ids, another name under the same key is another call, and so is the same name once its arguments are whole", () => {
  const tracker = new ToolCallTracker("a1");
  const events = [
    tracker.piece({ key: 0, id: null, name: "look", text: '{"at":' }),
    tracker.piece({ key: 0, id: null, name: "look", text: '"Oslo"}' }),
    tracker.piece({ key: 0, id: "", name: "look", text: '{"at":"Rome"}' }),
    tracker.piece({ key: 0, id: null, name: "see", text: "" }),
    tracker.piece({ key: 0, id: null, name: "hear", text: "{}" }),
  ].flat();
  expect(events.map((event) => (event.type === "tool_call" ? [event.id, event.name] : event.type === "tool_arguments" ? event.text : null))).toEqual([
    ["call_a1_0", "look"],
    '{"at":',
    '"Oslo"}',
    ["call_a1_1", "look"],
    '{"at":"Rome"}',
    ["call_a1_2", "see"],
    "{}",
    ["call_a1_3", "hear"],
    "{}",
  ]);
});

test("ToolCallTracker.closeAll: every call without arguments takes none, once", () => {
  const tracker = new ToolCallTracker();
  for (const key of [0, 1, 2]) tracker.piece({ key, id: `id${key}`, name: "look", text: key === 1 ? "{}" : "" });
  expect([tracker.closeAll(), tracker.closeAll()]).toEqual([[0, 2].map((index) => ({ type: "tool_arguments", index, text: "{}" })), []]);
});
