import { expect, test } from "vitest";
import { closest, didYouMean } from "./closest.ts";

const names = ["flagship", "healthy", "one-cell", "openai-2025-06-10-gpu-network", "openai-2025-01-23-bad-rollout"];

test("closest: finds a slip of the finger and a part of a name, best first", () => {
  expect(closest("flagshp", names)).toEqual(["flagship"]);
  expect(closest("gpu-network", names)).toEqual(["openai-2025-06-10-gpu-network"]);
  expect(closest("HEALTHY", names)).toEqual(["healthy"]);
});

test("closest: says nothing when nothing is near", () => {
  expect(closest("kubernetes", names)).toEqual([]);
  expect(didYouMean("kubernetes", names, "List them.")).toBe("List them.");
  expect(didYouMean("one-sell", names, "List them.")).toBe('Did you mean "one-cell"?');
});
