import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { GatewayConfig, Priority } from "../config.ts";
import { configOf, primaryModel, Rig } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { streamed } from "../testing/scripts.ts";

const primary: Provider = () => streamed("openai", primaryModel, "one two three");
const priorities: readonly Priority[] = ["low", "normal", "high"];
const keys = priorities.map((priority) => ({ key: `vk-${priority}`, team: priority, feature: "chat", priority }));

function busy(concurrencyMax: number, shedding: GatewayConfig["shedding"]): { clock: VirtualClock; rig: Rig } {
  const clock = new VirtualClock();
  const config = configOf({ keys, concurrencyMax, ...(shedding && { shedding }) });
  return { clock, rig: new Rig(clock, { primary }, config) };
}

test("priority: under load the lowest is shed first, with the longest Retry-After; the highest has all the room", async () => {
  const { clock, rig } = busy(10, { low: 0.3, normal: 0.6 });
  const order: Priority[] = [...Array<Priority>(5).fill("low"), ...Array<Priority>(5).fill("normal"), ...Array<Priority>(6).fill("high")];
  const receiving = order.map((priority) => rig.send({ route: "alone", key: `vk-${priority}` }));
  await clock.run();
  const received = await Promise.all(receiving);
  const answered = (priority: Priority) => received.filter(({ status }, index) => order[index] === priority && status === 200).length;
  expect(priorities.map(answered)).toEqual([3, 3, 4]);
  const shed = received.filter(({ errorCode }) => errorCode === "load_shed");
  expect(shed.map(({ status, headers }) => [status, headers["retry-after"]])).toEqual([[503, "5"], [503, "5"], [503, "2"], [503, "2"]]);
  expect(received.at(-1)).toMatchObject({ status: 503, errorCode: "gateway_overloaded" });
  expect(rig.gateway.state().shed).toEqual({ low: 2, normal: 2 });
  expect(rig.finished().filter(({ outcome }) => outcome.kind === "rejected" && outcome.by === "priority")).toHaveLength(4);
});

test("priority: without shedding no request is shed before the gateway is full; a key without a priority is normal", async () => {
  const { clock, rig } = busy(2, undefined);
  const receiving = [rig.send({ key: "vk-low", route: "alone" }), rig.send({ key: "vk-low", route: "alone" })];
  await clock.run();
  expect((await Promise.all(receiving)).map(({ status }) => status)).toEqual([200, 200]);
  const plain = new Rig(clock, { primary }, configOf({ concurrencyMax: 2, shedding: { normal: 0.5 } }));
  const two = [plain.send({ route: "alone" }), plain.send({ route: "alone" })];
  await clock.run();
  expect((await Promise.all(two)).map(({ errorCode }) => errorCode)).toEqual([null, "load_shed"]);
});

test("priority: an idle gateway takes anybody, and whoever is taken has room that a higher priority would have too", async () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(share, share, fc.integer({ min: 1, max: 12 }), fc.array(fc.constantFrom(...priorities), { minLength: 1, maxLength: 20 }), async (one, other, room, order) => {
      const shedding = { low: Math.min(one, other), normal: Math.max(one, other) };
      const { clock, rig } = busy(room, shedding);
      const receiving = order.map((priority) => rig.send({ route: "alone", key: `vk-${priority}` }));
      await clock.run();
      const statuses = (await Promise.all(receiving)).map(({ status }) => status);
      expect(statuses[0]).toBe(200);
      expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(room);
      for (const [index, priority] of order.entries()) {
        const later = order.findIndex((next, at) => at === index + 1 && priorities.indexOf(next) <= priorities.indexOf(priority));
        if (later !== -1 && statuses[index] !== 200) expect(statuses[later]).not.toBe(200);
      }
    }),
    { numRuns: 50 },
  );
});
