import fc from "fast-check";
import { expect, test } from "vitest";
import { chatRequest } from "./examples.ts";
import { identify, OrdinalCounter } from "./identity.ts";

test("identify: the forwarded id, unchanged", () => {
  expect(identify(chatRequest("req-1"))).toEqual({ requestId: "req-1", identity: "header" });
});

test("identify: without the header, the same body is the same request and another is not", () => {
  const anonymous = (content: string) => {
    const { "x-client-request-id": _, ...headers } = chatRequest("x").headers;
    return identify({ ...chatRequest("x", { messages: [{ role: "user", content }] }), headers });
  };
  expect(anonymous("a")).toEqual(anonymous("a"));
  expect(anonymous("a").identity).toBe("digest");
  expect(anonymous("a").requestId).not.toBe(anonymous("b").requestId);
});

test("OrdinalCounter: counts each id separately, while fewer than a generation of others arrive between", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 50 }), (arrivals) => {
      const counter = new OrdinalCounter(4);
      const expected = new Map<string, number>();
      for (const id of arrivals) {
        expect(counter.next(id)).toBe(expected.get(id) ?? 0);
        expected.set(id, (expected.get(id) ?? 0) + 1);
      }
    }),
  );
});

test("OrdinalCounter: holds at most two generations, and keeps the ids of the last one", () => {
  const counter = new OrdinalCounter(100);
  for (let index = 0; index < 10_000; index++) {
    counter.next(`r${index}`);
    expect(counter.size).toBeLessThanOrEqual(200);
    if (index >= 99) expect(counter.next(`r${index - 50}`)).toBeGreaterThan(0);
  }
});
