import { expect, test } from "vitest";
import { type Correction, settledOnce } from "./settled-once.ts";

const draw = (key: string, amount: number) => ({ key, amount, limit: 100, windowMs: 1_000 });

function reserved() {
  const corrected: (readonly Correction[])[] = [];
  const reservation = settledOnce([draw("a", 10), draw("b", 5), draw("c", 1)], [90, 95, 99], (corrections) => Promise.resolve(void corrected.push(corrections)));
  return { corrected, reservation };
}

test("settledOnce: each allowance is corrected by what was not used, or used besides, and only where there is a difference", async () => {
  const { corrected, reservation } = reserved();
  await reservation.settle([4, 7, 1], 50);
  expect(corrected).toEqual([[{ key: "a", delta: -6 }, { key: "b", delta: 2 }]]);
});

test("settledOnce: a second settlement changes nothing, also while the first is under way", async () => {
  const { corrected, reservation } = reserved();
  await Promise.all([reservation.settle([0, 0, 0], 50), reservation.settle([9, 9, 9], 50)]);
  await reservation.settle([1, 1, 1], 50);
  expect(corrected).toEqual([[{ key: "a", delta: -10 }, { key: "b", delta: -5 }, { key: "c", delta: -1 }]]);
});

test("settledOnce: what was used as drawn asks the store for nothing", async () => {
  const { corrected, reservation } = reserved();
  await reservation.settle([10, 5, 1], 50);
  expect(corrected).toEqual([]);
});
