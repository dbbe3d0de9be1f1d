import { setImmediate as immediately } from "node:timers/promises";
import { expect, test } from "vitest";
import { turnEnd } from "./turn.ts";

test("turnEnd: what waits in one turn goes on after all of it has come, each step for all before the next step", async () => {
  const seen: string[] = [];
  const pass = async (name: string) => {
    await turnEnd();
    seen.push(`${name} first`);
    await null;
    seen.push(`${name} second`);
  };
  const both = [pass("a"), pass("b")];
  await Promise.resolve();
  expect(seen).toEqual([]);
  await Promise.all(both);
  expect(seen).toEqual(["a first", "b first", "a second", "b second"]);
});

test("turnEnd: a later turn has an end of its own", async () => {
  const first = turnEnd();
  expect(turnEnd()).toBe(first);
  await first;
  const second = turnEnd();
  expect(second).not.toBe(first);
  let over = false;
  void second.then(() => (over = true));
  await immediately();
  expect(over).toBe(true);
});
