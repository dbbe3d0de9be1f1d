import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../../kernel/errors.ts";
import type { VaultConfig } from "../config/vault-schema.ts";
import type { PopularityDisk } from "../core/cache/warm-up/popularity.ts";
import { writeDurably } from "../vault/durable-file.ts";
import { decrypt, encrypt, parseKey } from "../vault/envelope.ts";
import { readKey } from "../vault/key-reference.ts";

const suffix = ".popular.sealed";
/** A list has at most 300 requests of 8,192 characters. */
const fileBytesMax = 16 * 1024 * 1024;

interface FolderOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly writeLine: (line: string) => void;
}

/**
 * The lists of what is popular, one file a team, beside the leases. Each is sealed with the regional key and bound to
 * its file: they hold prompts. Without that key there is no list, and so no warm-up.
 */
export function popularityFolder({ folder, regionalKey }: VaultConfig, { environment, writeLine }: FolderOptions): PopularityDisk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = parseKey(readKey(regionalKey, environment));
  const report = (event: string, file: string, error: unknown) => writeLine(JSON.stringify({ event, file, message: messageOf(error) }));
  const open = (file: string): readonly string[] => {
    try {
      const bytes = readFileSync(path.join(folder, file));
      return bytes.length > fileBytesMax ? [] : [decrypt(key, bytes.toString(), contextOf(file)).toString()];
    } catch (error) {
      report("popularity_unreadable", file, error);
      return [];
    }
  };
  return {
    read: () => readdirSync(folder).filter((file) => file.endsWith(suffix)).flatMap(open),
    write: (team, text) => {
      const file = `${createHash("sha256").update(team).digest("hex").slice(0, 32)}${suffix}`;
      try {
        writeDurably(path.join(folder, file), encrypt(key, Buffer.from(text), contextOf(file)));
      } catch (error) {
        report("popularity_not_kept", file, error);
      }
    },
  };
}

/** A list of another team, or of another folder's name, does not fit. */
const contextOf = (file: string) => JSON.stringify(["popularity", file]);
