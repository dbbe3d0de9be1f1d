import { expect, test } from "vitest";
import { findHaproxy } from "../../gateway/edge/haproxy/find.ts";
import { cases, play } from "./edge/cases.ts";

const hasHaproxy = () => {
  try {
    return findHaproxy(process.env).version !== "";
  } catch {
    return false;
  }
};

/** `npm run edge:conformance` runs all of them on both engines, and prints the figures. */
const inCi = new Set(["kill", "silent", "drain", "ramp", "stream in flight", "flap"]);
const wanted = cases.filter(({ name }) => inCi.has(name));

test.each(wanted)("edge, embedded: $name: $claim", async (one) => {
  expect(await play(one, "embedded")).toMatchObject({ holds: true });
});

test.skipIf(!hasHaproxy()).each(wanted.filter(({ haproxyLimit }) => haproxyLimit === null))("edge, HAProxy (skipped where it is not found): $name: $claim", async (one) => {
  expect(await play(one, "haproxy")).toMatchObject({ holds: true });
});
