import type { EdgeFile } from "../../gateway/edge/config.ts";
import { edgeSettings } from "../../gateway/edge/config.ts";
import { createEdge } from "../../gateway/edge/core/edge.ts";
import { seededRng } from "../../kernel/rng.ts";
import type { Program } from "./component.ts";
import type { VirtualNetwork } from "./network.ts";
import type { VirtualProcess } from "./process.ts";

export interface EdgeOptions {
  readonly seed: number;
  /** Of the component. */
  readonly id: string;
  /** Which of its processes it is, from 0. */
  readonly life: number;
  readonly config: EdgeFile;
  readonly network: VirtualNetwork;
}

/** The program of one edge's process: what it knows of its replicas is its own. */
export function edgeProgram(process: VirtualProcess, { seed, id, life, config, network }: EdgeOptions): Program {
  const edge = createEdge({
    settings: edgeSettings(config),
    clock: process.clock,
    rng: seededRng(seed, `${id}/${life}`),
    transport: network.transport({ process, connectMs: () => config.retry.connectMs }),
    gatewayKey: null,
    emit: () => {},
  });
  return { handler: edge.handle, close: () => edge.stop() };
}
