import type { LinkControl } from "../conductor/core/world.ts";
import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

/** Toxiproxy's `timeout` with 0 swallows every byte and keeps the connection open, which is what lost packets look like. */
const silence = (stream: "upstream" | "downstream") => ({ toxic: "timeout", stream, toxicity: 1, attributes: { timeout: 0 } }) as const;

export const partition: FaultAct<unknown> = {
  inject: ({ id, target }, world) => onEach(target.links, (link) => bothWays((stream) => world.link(link).addToxic(`${id}-${stream}`, silence(stream)))),
  lift: ({ id, target }, world) => onEach(target.links, (link) => bothWays((stream) => removeFrom(world.link(link), `${id}-${stream}`))),
};

const bothWays = (act: (stream: "upstream" | "downstream") => Promise<void>) => onEach(["upstream", "downstream"], (stream) => act(stream as "upstream" | "downstream"));

const removeFrom = (link: LinkControl, toxic: string) => link.removeToxic(toxic);
