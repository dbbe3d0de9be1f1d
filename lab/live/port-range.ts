import { readFileSync } from "node:fs";

/** First and last port, both included. */
export type PortRange = readonly [first: number, last: number];

const usual: PortRange = [20_000, 29_999];
const privileged = 1_024;
const portMax = 65_535;
const size = 10_000;

/**
 * Where the lab takes ports for its children: outside the range from which the kernel gives ports to outgoing
 * connections, so that no client can come to hold the port of a child that is dead for a while. `local` is that range
 * as /proc/sys/net/ipv4/ip_local_port_range prints it; null where there is none.
 */
export function childPorts(local: string | null): PortRange {
  const [first, last] = (local ?? "").trim().split(/\s+/).map(Number);
  if (first === undefined || last === undefined || Number.isNaN(first + last) || first > usual[1] || last < usual[0]) return usual;
  const below: PortRange = [Math.max(privileged, first - size), first - 1];
  const above: PortRange = [last + 1, Math.min(portMax, last + size)];
  const larger = below[1] - below[0] >= above[1] - above[0] ? below : above;
  return larger[1] - larger[0] >= size / 10 ? larger : usual;
}

/** Of this machine: its outgoing connections. */
export function localPortRange(): string | null {
  try {
    return readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
  } catch {
    return null;
  }
}
