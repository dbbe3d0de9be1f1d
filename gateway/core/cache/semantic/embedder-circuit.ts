import { messageOf } from "../../../../kernel/errors.ts";
import { type Clock, StoreError } from "../../../../kernel/seams.ts";
import { neverSignal } from "../../../../kernel/signal.ts";
import { Circuit } from "../../limits/circuit.ts";
import type { Embedder } from "./embedder.ts";

const PROBE = "probe";

/**
 * The embedder behind the shared store's circuit: while it fails or is slow it is bypassed. A question that is not
 * embedded costs a hit, but a slow embedder must not cost every request its `timeoutMs`.
 */
export function withCircuit(embedder: Embedder, clock: Clock): Embedder {
  const circuit = new Circuit(clock, () => embedder.embed(PROBE, neverSignal), () => {});
  return {
    id: embedder.id,
    embed: (text, signal) =>
      circuit.run(() =>
        embedder.embed(text, signal).catch((error: unknown) => {
          throw signal.aborted ? error : new StoreError(messageOf(error), { cause: error });
        }),
      ),
  };
}
