import { expect, test } from "vitest";
import type { Signal } from "../../kernel/signal.ts";
import { failOnUnhandled } from "./unhandled.ts";

/** Vitest watches for the same, and would fail the run. */
async function unwatched<T>(act: () => Promise<T>): Promise<T> {
  const watchers = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  try {
    return await act();
  } finally {
    for (const watcher of watchers) process.on("unhandledRejection", watcher);
  }
}

test("failOnUnhandled: a rejection that nobody handles fails the run and stops it", async () => {
  let stop: Signal | undefined;
  const run = (signal: Signal) => {
    stop = signal;
    void Promise.reject(new Error("forgotten"));
    return new Promise<never>(() => {});
  };
  await unwatched(() => expect(failOnUnhandled(run)).rejects.toMatchObject({ exit: "failed", code: "unhandled_rejection", message: expect.stringContaining("forgotten") }));
  expect(stop!.aborted).toBe(true);
});

test("failOnUnhandled: without one it settles as what it runs", async () => {
  await expect(failOnUnhandled(async () => "done")).resolves.toBe("done");
  await expect(failOnUnhandled(() => Promise.reject(new Error("own")))).rejects.toThrow("own");
  expect(process.listeners("unhandledRejection").length).toBeLessThan(5);
});
