import { expect, test } from "vitest";
import type { PartExit } from "../warden/client.ts";
import { watchParts } from "./part-watch.ts";

const exit = (changes: Partial<PartExit>): PartExit => ({ id: "network", code: null, signal: "SIGKILL", ordered: false, log: "logs/network.log", ...changes });

/** What the watch makes of the exit: the message of its error, or null. */
async function deathOf(changes: Partial<PartExit>): Promise<string | null> {
  const { onExit, died } = watchParts(new Set(["gateway-east"]));
  onExit(exit(changes));
  const later = new Promise<null>((resolve) => setImmediate(() => setImmediate(() => resolve(null))));
  return Promise.race([died.catch((error: Error) => error.message), later]);
}

test("watchParts: a part of the lab that ends by itself voids the run, by its name, whatever its exit code", async () => {
  expect(await deathOf({})).toBe("The lab's own proxy ended in the middle of the run (SIGKILL): the run is void");
  expect(await deathOf({ id: "warden", code: 1, signal: null })).toBe("The lab's own warden ended in the middle of the run (exit code 1): the run is void");
  expect(await deathOf({ id: "observer", code: 0, signal: null })).toMatch(/observer .* \(exit code 0\)/);
});

test("watchParts: an ordered exit, and the end of the system under test, void nothing", async () => {
  expect(await deathOf({ ordered: true })).toBeNull();
  expect(await deathOf({ id: "gateway-east" })).toBeNull();
});
