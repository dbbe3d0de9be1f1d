import { LabError } from "../../kernel/errors.ts";
import type { ConfigSource } from "../../kernel/seams.ts";
import type { ResolvedConfig } from "../config/resolve.ts";
import type { GatewayConfig } from "../core/config.ts";
import { readConfigFile } from "./config-file.ts";

export interface ConfigState {
  /** Number of reloads that took effect. */
  readonly reloads: number;
  /** Why the last version was refused; null: it is in force. */
  readonly refused: string | null;
  /** Sections of the file that have changed since the start and that only a restart applies. */
  readonly needsRestart: readonly string[];
}

const startOnlySections = ["listen", "admin", "store", "vault", "control", "runtimes", "drainMs", "epochMs"] as const;

/**
 * The config of a file, read again on request. A file that cannot be used changes nothing: the last good version stays
 * in force.
 */
export class FileConfigSource implements ConfigSource<GatewayConfig> {
  readonly #file: string;
  readonly #listeners = new Set<(next: GatewayConfig) => void>();
  #current: GatewayConfig;
  #state: ConfigState = { reloads: 0, refused: null, needsRestart: [] };
  /** As first read: a reload cannot change where the process listens, nor its clock. */
  readonly process: Pick<ResolvedConfig, (typeof startOnlySections)[number]> & { readonly region: string };

  /** Throws `LabError` where the first version cannot be used. */
  constructor(file: string) {
    const resolved = readConfigFile(file);
    this.#file = file;
    this.#current = resolved.gateway;
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
      this.#state = { ...this.#state, refused: error.message };
      return error;
    }
    this.#current = next.gateway;
    const needsRestart = startOnlySections.filter((name) => JSON.stringify(next[name]) !== JSON.stringify(this.process[name]));
    this.#state = { reloads: this.#state.reloads + 1, refused: null, needsRestart };
    for (const listener of this.#listeners) listener(this.#current);
    return null;
  }
}
