import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { scenarioNames } from "../plan/library.ts";
import type { Cell } from "./cell.ts";
import { chooseCells, inShard, shardOf } from "./choose-cells.ts";

const nothing = { names: [], tags: [], stacks: ["hardened"], seeds: [1] };

test("chooseCells: without names it is the whole library, by scenario, stack and seed", () => {
  const cells = chooseCells({ ...nothing, stacks: ["naive", "hardened"], seeds: [1, 2] });
  expect(cells).toHaveLength(scenarioNames().length * 4);
  expect(cells.slice(0, 4).map(({ stack, seed }) => [stack, seed])).toEqual([["naive", 1], ["naive", 2], ["hardened", 1], ["hardened", 2]]);
});

test("chooseCells: a name that is given twice is played once, and sets go with each cell", () => {
  const cells = chooseCells({ ...nothing, names: ["smoke", "smoke"], sets: ["speed=2"] });
  expect(cells).toEqual([{ scenario: "smoke", stack: "hardened", seed: 1, sets: ["speed=2"] }]);
});

test("chooseCells: one file has one name, however it was typed", () => {
  const tiny = "lab/suite/fixtures/tiny.yaml";
  const cells = chooseCells({ ...nothing, names: [`./${tiny}`, path.resolve(tiny), "lab/plan/../suite/fixtures/tiny.yaml"], stacks: ["scenarios/stacks/naive.yaml", "naive"] });
  expect(cells).toEqual([{ scenario: tiny, stack: "naive", seed: 1, sets: [] }]);
});

test("chooseCells: a scenario of many minutes is not played live with the whole library, but where it is named", () => {
  const has = (choice: Partial<Parameters<typeof chooseCells>[0]>) => chooseCells({ ...nothing, ...choice }).some(({ scenario }) => scenario === "slow-tuesday");
  expect(has({ live: true })).toBe(false);
  expect(has({ live: true, names: ["slow-tuesday"] })).toBe(true);
  expect(has({ live: true, tags: ["virtual"] })).toBe(true);
  expect(has({})).toBe(true);
});

test("chooseCells: of every stack, one without a protection is played only where the scenario names it", () => {
  const cells = chooseCells({ ...nothing, names: ["vault-sealed", "smoke"], stacks: "every" });
  const stacksOf = (name: string) => cells.filter(({ scenario }) => scenario === name).map(({ stack }) => stack);
  expect(stacksOf("smoke")).toEqual(["hardened", "naive", "one-process"]);
  expect(stacksOf("vault-sealed")).toContain("hardened-without-leases");
});

test("chooseCells: unknown names, stacks and tags are refused before anything is played", () => {
  expect(() => chooseCells({ ...nothing, names: ["smokee"] })).toThrow(expect.objectContaining({ code: "unknown_scenario", exit: "refused" }));
  expect(() => chooseCells({ ...nothing, stacks: ["hardend"] })).toThrow(expect.objectContaining({ code: "unknown_stack", exit: "refused" }));
  expect(() => chooseCells({ ...nothing, tags: ["no-such-tag"] })).toThrow(expect.objectContaining({ code: "unknown_tag", exit: "refused" }));
});

test("shardOf: i/n with i from 1 to n, and nothing else", () => {
  expect(shardOf("2/4")).toEqual({ index: 2, count: 4 });
  for (const text of ["0/4", "5/4", "1/0", "1", "a/b", "-1/2", ""]) expect(shardOf(text), text).toBeNull();
});

test("inShard: every cell is in exactly one shard, in its order, and shards differ by at most one cell", () => {
  const made = fc.integer({ min: 0, max: 40 }).map((count) => Array.from({ length: count }, (_, seed): Cell => ({ scenario: "s", stack: "t", seed, sets: [] })));
  fc.assert(
    fc.property(made, fc.integer({ min: 1, max: 9 }), (cells, count) => {
      const shards = Array.from({ length: count }, (_, index) => inShard(cells, { index: index + 1, count }));
      expect(shards.flat().map(({ seed }) => seed).sort((a, b) => a - b)).toEqual(cells.map(({ seed }) => seed));
      const sizes = shards.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});
