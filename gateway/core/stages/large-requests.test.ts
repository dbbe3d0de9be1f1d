import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { neverSignal } from "../../../kernel/signal.ts";
import type { Call, Reply } from "../call.ts";
import { yieldIfLarge } from "./large-requests.ts";

const reply: Reply = { kind: "error", error: { status: 503, type: "", code: "", message: "" }, headers: {}, outcome: { kind: "rejected", by: "test" } };

test("yieldIfLarge: a small request that comes after a large one is served before its next stage", async () => {
  const clock = new VirtualClock();
  const served: number[] = [];
  const handle = yieldIfLarge(clock)(({ wire }) => {
    served.push(wire.body.length);
    return reply;
  });
  const callOf = (bytes: number) => ({ wire: { body: new Uint8Array(bytes) }, signal: neverSignal }) as unknown as Call;
  const large = handle(callOf(1024 * 1024));
  expect(handle(callOf(100))).toBe(reply);
  expect(served).toEqual([100]);
  await clock.run();
  expect(await large).toBe(reply);
  expect(served).toEqual([100, 1024 * 1024]);
});
