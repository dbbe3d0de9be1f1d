import { expect, test } from "vitest";
import { entryOf } from "./entries.ts";

test("entryOf: a client keeps to its entry, and clients spread over all", () => {
  const entries = ["a", "b", "c"];
  const clients = Array.from({ length: 300 }, (_, index) => `support-chat-${index}`);
  const chosen = clients.map((client) => entryOf(entries, client));
  expect(clients.map((client) => entryOf(entries, client))).toEqual(chosen);
  for (const entry of entries) expect(chosen.filter((each) => each === entry).length).toBeGreaterThan(70);
  expect(entryOf(["only"], "anybody")).toBe("only");
  expect(entryOf(undefined, "anybody")).toBeUndefined();
});
