import { createHash } from "node:crypto";
import { LabError } from "../../kernel/errors.ts";
import { digestOf } from "../../kernel/plan-digest.ts";
import type { Clock, ConfigSource } from "../../kernel/seams.ts";
import type { ResolvedConfig } from "../config/resolve.ts";
import { ownName } from "../config/package.ts";
import { withoutKeys } from "../config/without-keys.ts";
import type { GatewayConfig } from "../core/config.ts";
import { readConfigFile } from "./config-file.ts";

export interface ConfigState {
  /**
   * SHA-256 of the file in force, every default filled in and virtual keys left out: equal for processes that run the
   * same.
   */
  readonly hash: string;
  /** Unix ms at which it was read. */
  readonly loadedAtMs: number;
  /** Number of reloads that took effect. */
  readonly reloads: number;
  /** Why the last version was refused; null: it is in force. */
  readonly refused: string | null;
  /** Unix ms since which every version was refused; null: none was since `loadedAtMs`. */
  readonly refusedSinceMs: number | null;
  /** Sections of the file that have changed since the start and that only a restart applies. */
  readonly needsRestart: readonly string[];
}

const startOnlySections = ["listen", "admin", "store", "vault", "control", "egress", "runtimes", "drainMs", "epochMs"] as const;

/**
 * The config of a file, read again on request. A file that cannot be used changes nothing: the last good version stays
 * in force.
 */
export class FileConfigSource implements ConfigSource<GatewayConfig> {
  readonly #file: string;
  readonly #listeners = new Set<(next: GatewayConfig) => void>();
  readonly #clock: Pick<Clock, "wallMs">;
  #current: GatewayConfig;
  #state: ConfigState;
  /** As first read: a reload cannot change where the process listens, nor its clock. */
  readonly process: Pick<ResolvedConfig, (typeof startOnlySections)[number]> & { readonly region: string };

  /** Throws `LabError` where the first version cannot be used. */
  constructor(file: string, clock: Pick<Clock, "wallMs">) {
    const resolved = readConfigFile(file);
    this.#file = file;
    this.#clock = clock;
    this.#state = { ...inForce(resolved, clock), reloads: 0, needsRestart: [] };
    this.#current = named(resolved);
    this.process = { ...resolved, region: resolved.gateway.region };
  }

  current(): GatewayConfig {
    return this.#current;
  }

  onChange(listener: (next: GatewayConfig) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** For display: which version is in force, and why not the newest. */
  state(): ConfigState {
    return this.#state;
  }

  /** Reads the file again. Returns what is wrong with it, or null when it is in force. */
  reload(): LabError | null {
    let next: ResolvedConfig;
    try {
      next = readConfigFile(this.#file, this.process.store);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      this.#state = { ...this.#state, refused: error.message, refusedSinceMs: this.#state.refusedSinceMs ?? this.#clock.wallMs() };
      return error;
    }
    this.#current = named(next);
    const needsRestart = startOnlySections.filter((name) => JSON.stringify(next[name]) !== JSON.stringify(this.process[name]));
    this.#state = { ...inForce(next, this.#clock), reloads: this.#state.reloads + 1, needsRestart };
    for (const listener of this.#listeners) listener(this.#current);
    return null;
  }
}

const named = ({ gateway, file }: ResolvedConfig): GatewayConfig => ({ ...gateway, name: ownName(file, createHash) });

function inForce({ file }: ResolvedConfig, clock: Pick<Clock, "wallMs">) {
  return { hash: digestOf([withoutKeys(file)], createHash), loadedAtMs: clock.wallMs(), refused: null, refusedSinceMs: null };
}
