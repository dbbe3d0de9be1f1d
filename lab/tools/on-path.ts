import { accessSync, constants } from "node:fs";
import path from "node:path";

type Environment = NodeJS.ProcessEnv;

/** `redis-server` by BLASTLAB_REDIS_BIN, else on the PATH; null: there is none. */
export const findRedis = (environment: Environment = process.env): string | null => findProgram("redis-server", "BLASTLAB_REDIS_BIN", environment);

/** `haproxy` by BLASTLAB_HAPROXY_BIN, else on the PATH; null: there is none. The edge checks its version. */
export const findHaproxy = (environment: Environment = process.env): string | null => findProgram("haproxy", "BLASTLAB_HAPROXY_BIN", environment);

function findProgram(name: string, variable: string, environment: Environment): string | null {
  const explicit = environment[variable];
  const places = explicit === undefined || explicit === "" ? (environment["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, name)) : [explicit];
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
