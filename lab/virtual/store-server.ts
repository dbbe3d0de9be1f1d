import { MemoryStore } from "../../gateway/core/limits/memory-store.ts";
import type { Draw } from "../../kernel/seams.ts";
import { bodyOf, type Handler } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import type { VirtualProcess } from "./process.ts";

/** One command to the virtual store, as JSON in a request's body. */
export type StoreCommand =
  | { readonly name: "get"; readonly key: string }
  | { readonly name: "set"; readonly key: string; readonly value: string; readonly ttlMs: number }
  | { readonly name: "reserve"; readonly draws: readonly Draw[] }
  /** `windowMs` of 0: a window that has ended is not begun anew. */
  | { readonly name: "settle"; readonly deltas: readonly { readonly key: string; readonly delta: number; readonly windowMs: number }[] };

/** What `reserve` gives: what each draw's allowance has left, or the draw that did not fit. */
export type Reserved = { readonly ok: true; readonly left: readonly number[] } | { readonly ok: false; readonly at: number; readonly left: number };

/** The time that a command takes, ms. */
const commandMs = 0.2;

/**
 * The store of a region, in place of Redis: counters and values in the memory of one process, which a restart loses.
 * Gateways reach it over the virtual network, so that a link to it can be slow or down.
 */
export function storeServer(process: VirtualProcess): Handler {
  const store = new MemoryStore(process.clock);
  return async ({ body }) => {
    await process.clock.sleep(commandMs);
    const answer = await run(JSON.parse(utf8Text(body)) as StoreCommand, store);
    return { status: 200, headers: {}, body: bodyOf(utf8Bytes(JSON.stringify(answer))) };
  };
}

async function run(command: StoreCommand, store: MemoryStore): Promise<unknown> {
  switch (command.name) {
    case "get":
      return store.get(command.key);
    case "set":
      await store.set(command.key, command.value, { ttlMs: command.ttlMs });
      return null;
    case "reserve": {
      const drawn = await store.reserveAll(command.draws);
      return (drawn.ok ? { ok: true, left: drawn.reservation.left } : drawn) satisfies Reserved;
    }
    case "settle":
      for (const { key, ...change } of command.deltas) await store.settle(key, change);
      return null;
  }
}
