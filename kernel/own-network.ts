import { LabError } from "./errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether the process is in a container whose network is the system's own: nobody but the system's other containers is
 * on it, as nobody but this machine is on loopback. The image says so by BLASTLAB_OWN_NETWORK (deploy/Dockerfile,
 * docs/containers.md).
 */
export const isOnOwnNetwork = (environment: Environment): boolean => environment["BLASTLAB_OWN_NETWORK"] === "1";

/**
 * A part that serves this machine alone listens at a loopback address, or at every address of a network of its own.
 * Throws LabError `target_forbidden`.
 */
export function checkListenHost(host: string, environment: Environment): void {
  if (host === "127.0.0.1" || host === "::1" || (host === "0.0.0.0" && isOnOwnNetwork(environment))) return;
  throw new LabError({ exit: "failed", code: "target_forbidden", message: `Cannot listen on ${host}: the lab serves loopback addresses only`, hint: "Use 127.0.0.1." });
}
