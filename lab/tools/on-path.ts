import { executableAt } from "./executable.ts";

type Environment = NodeJS.ProcessEnv;

/** `redis-server` by BLASTLAB_REDIS_BIN, else on the PATH; null: there is none. */
export const findRedis = (environment: Environment = process.env): string | null => findProgram("redis-server", "BLASTLAB_REDIS_BIN", environment);

/** `haproxy` by BLASTLAB_HAPROXY_BIN, else on the PATH; null: there is none. The edge checks its version. */
export const findHaproxy = (environment: Environment = process.env): string | null => findProgram("haproxy", "BLASTLAB_HAPROXY_BIN", environment);

function findProgram(name: string, variable: string, environment: Environment): string | null {
  return executableAt(environment[variable] || name, { cwd: process.cwd(), searchPath: environment["PATH"] ?? "" });
}
