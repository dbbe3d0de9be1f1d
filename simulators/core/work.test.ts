import { expect, test } from "vitest";
import { Body, partsOf, type Parts } from "./body.ts";
import { run, settled, type Work } from "./work.ts";

function* sum(...parts: readonly (number | Promise<number>)[]): Work<number> {
  let total = 0;
  for (const part of parts) total += yield* settled(part);
  return total;
}

test("run: work without a wait returns its result, with a wait a promise", async () => {
  expect(run(sum(1, 2))).toBe(3);
  const later = run(sum(1, Promise.resolve(2)));
  expect(later).toBeInstanceOf(Promise);
  expect(await later).toBe(3);
});

test("run: a rejected wait throws where it was yielded, and the work may continue", async () => {
  function* brave(): Work<string> {
    try {
      yield Promise.reject(new Error("first"));
    } catch (error) {
      yield Promise.resolve();
      return `after ${(error as Error).message}`;
    }
    return "never";
  }
  expect(await run(brave())).toBe("after first");
  await expect(run(sum(Promise.reject(new Error("lost"))))).rejects.toThrow("lost");
});

/** A body that records when its reader stops. */
function* parts(left: string[], end: Promise<void>): Parts {
  try {
    yield new Uint8Array([1]);
    yield end;
    yield new Uint8Array([2]);
  } finally {
    left.push("left");
  }
}

test("Body: is read as bytes or by parts, and closes when its reader stops or a wait rejects", async () => {
  const left: string[] = [];
  const bytes: number[] = [];
  for await (const chunk of new Body(parts(left, Promise.resolve()))) bytes.push(...chunk);
  expect(bytes).toEqual([1, 2]);
  for await (const _ of new Body(parts(left, Promise.resolve()))) break;
  expect(left).toEqual(["left", "left"]);
  const failing = async () => {
    for await (const _ of new Body(parts(left, Promise.reject(new Error("gone")))));
  };
  await expect(failing()).rejects.toThrow("gone");
  expect(left).toHaveLength(3);

  async function* foreign() {
    try {
      yield new Uint8Array([3]);
      yield new Uint8Array([4]);
    } finally {
      left.push("foreign left");
    }
  }
  function* first(): Work<number> {
    for (const part of partsOf(foreign())) {
      if (part instanceof Uint8Array) return part[0]!;
      yield part;
    }
    return -1;
  }
  expect(await run(first())).toBe(3);
  expect(left).toContain("foreign left");
});
