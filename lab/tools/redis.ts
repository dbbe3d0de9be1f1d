import { accessSync, constants } from "node:fs";
import path from "node:path";

/** `redis-server` by BLASTLAB_REDIS_BIN, else on the PATH; null: there is none. */
export function findRedis(environment: NodeJS.ProcessEnv = process.env): string | null {
  const explicit = environment["BLASTLAB_REDIS_BIN"];
  const places = explicit === undefined || explicit === "" ? (environment["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, "redis-server")) : [explicit];
  return places.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
