import { connect, type Socket } from "node:net";

/**
 * What looking up a name gives in place of its address: no such name, no answer, or an address where nobody listens any
 * more.
 */
export type LookUpFault = "nxdomain" | "timeout" | "stale";

/** Of 127.0.0.0/8, which is this machine: nobody listens there, whatever the port. */
const staleAddress = "127.255.255.254";

/** Look-ups of names that a lab has made fail, by `host:port`. Connections that are open are not concerned. */
export class LookUps {
  readonly #faults = new Map<string, LookUpFault>();

  fault(authority: string, fault: LookUpFault): void {
    this.#faults.set(authority, fault);
  }

  /** False where none was set. */
  repair(authority: string): boolean {
    return this.#faults.delete(authority);
  }

  faultOf(authority: string): LookUpFault | undefined {
    return this.#faults.get(authority);
  }
}

/** The connect attempt of a client whose look-up fares like this. */
export function connectFaulty(fault: LookUpFault, host: string, port: number): Socket {
  const lookup = (_: string, __: object, done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void) => {
    if (fault === "nxdomain") done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND", syscall: "getaddrinfo" }), "", 4);
    // No answer: the caller's connect deadline ends it.
  };
  if (fault === "stale") return connect({ host: staleAddress, port });
  // A name, so that it is looked up at all: an address is not.
  return connect({ host: "look-up.invalid", port, lookup });
}
