import { expect, test } from "vitest";
import { childPorts, localPortRange } from "./port-range.ts";

test("childPorts: 20000 to 29999 where outgoing connections have other ports, as on most systems", () => {
  expect(["32768\t60999\n", "49152 65535", "1024 4999", null, "", "nonsense"].map(childPorts)).toEqual(Array(6).fill([20_000, 29_999]));
});

test("childPorts: below or above a range that was moved, whichever has more ports", () => {
  expect(childPorts("15000 64000")).toEqual([5_000, 14_999]);
  expect(childPorts("9000 65000")).toEqual([1_024, 8_999]);
  expect(childPorts("2000 30000")).toEqual([30_001, 40_000]);
});

test("childPorts: where outgoing connections may have almost every port, there is no better range than the usual one", () => {
  expect(childPorts("1024 65535")).toEqual([20_000, 29_999]);
});

test("localPortRange: what this machine says is outside the range for children", () => {
  const [first, last] = childPorts(localPortRange());
  expect(last - first).toBeGreaterThan(1_000);
});
