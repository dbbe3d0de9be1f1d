import { cpSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBase } from "./mutations/bases.ts";
import { costOfJudging, limits } from "./mutations/limits.ts";
import { sizeMutations } from "./mutations/size-mutations.ts";

let base = "";

beforeAll(async () => void (base = await makeBase("held")));
afterAll(() => rmSync(path.dirname(base), { recursive: true, force: true }));

test.each(Object.keys(sizeMutations))("judging %s: no verdict on the system and no stack trace, in 10 s of processor time and 500 MB", async (name) => {
  const copy = path.join(path.dirname(base), "sized");
  cpSync(base, copy, { recursive: true });
  try {
    sizeMutations[name]!(copy);
    const { isFound, cpuMs, peakKiB } = await costOfJudging(copy);
    expect(isFound).toBe(true);
    expect(cpuMs).toBeLessThan(limits.cpuMs);
    expect(peakKiB).toBeLessThan(limits.memoryKiB);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
