import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

/**
 * Bytes wait until the partition heals: TCP sends lost packets again, and loses none in the middle of a connection.
 * Toxiproxy's `timeout` would drop them, and what is sent after the partition would arrive out of step.
 */
const foreverMs = 86_400_000;
const streams = ["upstream", "downstream"] as const;
type Stream = (typeof streams)[number];

const silence = (stream: Stream) => ({ toxic: "latency", stream, toxicity: 1, attributes: { latency: foreverMs } }) as const;

export const partition: FaultAct<unknown> = {
  inject: ({ id, target }, world) => onEach(target.links, (link) => bothWays((stream) => world.link(link).addToxic(`${id}-${stream}`, silence(stream)))),
  lift: ({ id, target }, world) => onEach(target.links, (link) => bothWays((stream) => world.link(link).removeToxic(`${id}-${stream}`))),
};

const bothWays = (act: (stream: Stream) => Promise<void>) => onEach(streams, act);
