import { expect, test } from "vitest";
import { Silence } from "./silence.ts";

test("Silence.look: adds a look to the silence, and begins again after a sign of life", () => {
  const silence = new Silence(200);
  expect([silence.look(), silence.look()]).toEqual([200, 400]);
  silence.end();
  expect(silence.look()).toBe(200);
});
