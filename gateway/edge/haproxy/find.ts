import { execFileSync } from "node:child_process";
import { LabError, messageOf } from "../../../kernel/errors.ts";

/**
 * The oldest version whose directives are rendered: `http-response set-header` with `%s`, `retry-on`,
 * `set server … state`.
 */
const oldest = [2, 4] as const;
const hint = "install HAProxy 2.4 or later, name its binary by BLASTLAB_HAPROXY_BIN, or set engine: embedded";

/** HAProxy by BLASTLAB_HAPROXY_BIN, else on the PATH. Throws `LabError` `engine_missing` or `engine_too_old`. */
export function findHaproxy(environment: Readonly<NodeJS.ProcessEnv>): { readonly binary: string; readonly version: string } {
  const named = environment["BLASTLAB_HAPROXY_BIN"];
  const binary = named ?? "haproxy";
  const version = versionOf(binary, environment);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return { binary, version };
  throw new LabError({ exit: "refused", code: "engine_too_old", message: `Cannot start the edge: ${binary} is HAProxy ${version}, and ${oldest.join(".")} is the oldest that works`, hint });
}

function versionOf(binary: string, environment: Readonly<NodeJS.ProcessEnv>): string {
  let text: string;
  try {
    text = execFileSync(binary, ["-v"], { encoding: "utf8", timeout: 5_000, env: environment });
  } catch (error) {
    const cannotBeRun = /^(ENOENT|EACCES)$/.test((error as NodeJS.ErrnoException).code ?? "");
    throw missing(cannotBeRun ? notFound(environment) : messageOf(error));
  }
  const version = /HA-?Proxy version (\d+\.\d+[^\s-]*)/.exec(text)?.[1];
  if (version === undefined) throw missing(`${binary} -v does not print a version of HAProxy`);
  return version;
}

const notFound = ({ BLASTLAB_HAPROXY_BIN: named }: Readonly<NodeJS.ProcessEnv>) =>
  named === undefined ? "there is no haproxy on the PATH" : `BLASTLAB_HAPROXY_BIN names "${named}", which cannot be executed`;

function missing(reason: string): LabError {
  return new LabError({ exit: "refused", code: "engine_missing", message: `Cannot start the edge: ${reason}`, hint });
}
