import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { applyAtOnce } from "../packages/naive.ts";
import { badPackages, baseConfig } from "../packages/packages.ts";
import { startProvider } from "../packages/provider.ts";
import { jsonGate, reachedMax, startStaged, stoppedBy } from "../packages/staged.ts";

/** Those of live scenarios. `npm run packages` takes the default ones. */
const steps = [0.05, 0.25, 1].map((share) => ({ share, requestsMin: 20, msMin: 5_000 }));

const named = (name: string) => badPackages.find((each) => each.name === name)!;

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab packages "));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("control plane: bad packages reach no request of real data planes, or no more than the first step's share and ten", async () => {
  using one = await startProvider("one");
  using two = await startProvider("two");
  await using staged = await startStaged(scratch(), [one, two], { steps });
  for (const name of ["two providers swapped", "a kill switch for code that was never run"]) {
    const bad = named(name);
    const pushed = await staged.push(bad);
    expect(stoppedBy(pushed), name).toBe(bad.foundBy);
    expect(pushed.reached, name).toBeLessThanOrEqual(reachedMax(bad, pushed, steps[0]!.share));
    expect(pushed.reached > 0, name).toBe(bad.foundBy === "rollback");
  }
});

test("control plane: a prompt that is worse is stopped by the eval gate, and reaches no request", async () => {
  using one = await startProvider("one");
  using two = await startProvider("two");
  const folder = scratch();
  await using staged = await startStaged(folder, [one, two], { evals: [jsonGate(folder)] });
  const bad = named("a prompt that lost its format");
  const pushed = await staged.push(bad);
  expect(pushed).toMatchObject({ state: "refused", reason: expect.stringMatching(/^the eval gate fails it: 40 of 40 cases broke/), reached: 0 });
});

test("gateway: swapped providers applied at once reach every request, each with status 200", async () => {
  using one = await startProvider("one");
  using two = await startProvider("two");
  expect(await applyAtOnce(scratch(), baseConfig(one.url, two.url), named("two providers swapped"))).toEqual({ requests: 40, reached: 40, failed: 0, silent: 40 });
});
