import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatEvent } from "../../kernel/chat.ts";
import { CallsInOrder } from "./calls-in-order.ts";

const call = (index: number): ChatEvent => ({ type: "tool_call", index, id: `c${index}`, name: "look" });
const piece = (index: number, text: string): ChatEvent => ({ type: "tool_arguments", index, text });
const finish: ChatEvent = { type: "finish", reason: "tool_calls" };

test("CallsInOrder.take: calls in turn pass as they come; one that is not whole holds back the next", () => {
  const order = new CallsInOrder();
  const inTurn = [call(0), piece(0, '{"a":'), piece(0, "1}"), call(1), piece(1, "{}")];
  for (const event of inTurn) expect(order.take(event)).toEqual([event]);
  expect(order.take(call(2))).toEqual([call(2)]);
  expect([order.take(call(3)), order.take(piece(3, "{}")), order.take(piece(2, '{"b":'))]).toEqual([[], [], [piece(2, '{"b":')]]);
  expect(order.take(piece(2, "2}"))).toEqual([piece(2, "2}"), call(3), piece(3, "{}")]);
  expect(order.take(finish)).toEqual([finish]);
});

test("CallsInOrder.take: after a restart nothing of before is left", () => {
  const order = new CallsInOrder();
  for (const event of [call(0), call(1)]) order.take(event);
  const restart: ChatEvent = { type: "restart", reason: "reset" };
  expect([order.take(restart), order.take(finish), order.take(call(0))]).toEqual([[restart], [finish], [call(0)]]);
});

test("CallsInOrder.take: however pieces of calls are mixed, each call comes whole before the next, and nothing is lost: law", () => {
  const texts = fc.array(fc.constantFrom('{"a":"x"}', "{}", '{"broken', ""), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.nat()), (calls, draws) => {
      const queues = calls.map((text, index) => Array.from(text, (unit) => piece(index, unit)));
      const events: ChatEvent[] = [];
      let begun = 0;
      while (begun < calls.length || queues.some((queue) => queue.length > 0)) {
        const ready = [...queues.keys()].filter((index) => index < begun && queues[index]!.length > 0);
        const draw = draws.next().value! % (ready.length + 1);
        if (draw < ready.length) events.push(queues[ready[draw]!]!.shift()!);
        else if (begun < calls.length) events.push(call(begun++));
      }
      const order = new CallsInOrder();
      const sent = [...events, finish].flatMap((event) => order.take(event));
      expect(sent).toEqual([...calls.flatMap((text, index) => [call(index), ...Array.from(text, (unit) => piece(index, unit))]), finish]);
    }),
  );
});
