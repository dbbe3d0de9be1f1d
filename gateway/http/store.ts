import type { Clock, EventSink, Secrets, Store } from "../../kernel/seams.ts";
import { messageOf, LabError } from "../../kernel/errors.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { GatewayEvent } from "../core/events.ts";
import { FallbackStore } from "../core/limits/fallback-store.ts";
import type { StoreConfig } from "../config/governance-schema.ts";
import { MemoryStore } from "../core/limits/memory-store.ts";
import { RedisStore } from "./store-redis.ts";

export interface OpenStore {
  readonly store: Store;
  /** The store's part of `/admin/state`. */
  readonly state: () => object;
  /** Whether the shared store does not answer and this process draws on its own share. Null: no store is shared. */
  readonly isLocal: (() => boolean) | null;
  readonly close: () => void;
}

/** A healthy Redis connects sooner, so that the first requests need not draw on the local share. */
const CONNECT_WAIT_MS = 250;

/**
 * The store that the config names. It waits only briefly for Redis: a gateway starts without it. Throws `LabError`
 * where the password cannot be read.
 */
export async function openStore(config: StoreConfig, seams: { clock: Clock; secrets: Secrets; events: EventSink<GatewayEvent> }): Promise<OpenStore> {
  const local = new MemoryStore(seams.clock);
  if (config.kind === "memory") return { store: local, state: () => ({ kind: "memory" }), isLocal: null, close: () => {} };
  const { credential } = config;
  if (credential !== null) await checkPassword(credential, seams.secrets);
  const password = credential === null ? null : () => seams.secrets.read(credential, neverSignal);
  const shared = new RedisStore({ clock: seams.clock, url: config.url, password });
  await shared.untilReady(CONNECT_WAIT_MS);
  const store = new FallbackStore(seams, { shared, local, localShare: config.localShare });
  return { store, state: () => ({ kind: "redis", localShare: config.localShare, ...store.state }), isLocal: () => store.state.from === "local", close: () => shared.close() };
}

/** Missing at the start, it is a mistake in the config. Later it may come back. */
async function checkPassword(reference: string, secrets: Secrets): Promise<void> {
  try {
    await secrets.read(reference, neverSignal);
  } catch (error) {
    throw new LabError({ exit: "failed", code: "secret_unreadable", message: `Cannot start the gateway: ${messageOf(error)}`, hint: "set it, or correct store.credential" });
  }
}
