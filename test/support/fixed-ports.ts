import { isFree } from "../../lab/live/free-port.ts";

const first = 30_000;
/** A run's ports are within so many. */
const size = 110;
const blocks = 24;

/**
 * A first port for `--ports`, drawn so that two runs of a test do not meet. It is above the ports that the lab draws
 * for its children, and below those that outgoing connections have on Linux.
 */
export async function freeFirstPort(): Promise<number> {
  for (let tries = 0; tries < blocks * 4; tries++) {
    const from = first + size * Math.floor(Math.random() * blocks);
    const free = await Promise.all(Array.from({ length: size }, (_, index) => isFree(from + index)));
    if (!free.includes(false)) return from;
  }
  throw new Error(`None of ${blocks} blocks of ports from ${first} on is free`);
}
