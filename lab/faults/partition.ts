import type { LinkControl } from "../conductor/core/world.ts";
import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

/**
 * Bytes wait until the partition heals: TCP sends lost packets again, and loses none in the middle of a connection. Toxiproxy's `timeout` would
 * drop them, and what is sent after the partition would arrive out of step.
 */
const foreverMs = 86_400_000;
const silence = (stream: "upstream" | "downstream") => ({ toxic: "latency", stream, toxicity: 1, attributes: { latency: foreverMs } }) as const;

export const partition: FaultAct<unknown> = {
  inject: ({ id, target }, world) => onEach(target.links, (link) => bothWays((stream) => world.link(link).addToxic(`${id}-${stream}`, silence(stream)))),
  lift: ({ id, target }, world) => onEach(target.links, (link) => bothWays((stream) => removeFrom(world.link(link), `${id}-${stream}`))),
};

const bothWays = (act: (stream: "upstream" | "downstream") => Promise<void>) => onEach(["upstream", "downstream"], (stream) => act(stream as "upstream" | "downstream"));

const removeFrom = (link: LinkControl, toxic: string) => link.removeToxic(toxic);
