import type { ControlFile } from "../../gateway/control/config.ts";
import { evalConfig, evalHeaders } from "../../gateway/control/core/eval-planes.ts";
import { joined, type Evaluation } from "../../gateway/control/core/evaluation.ts";
import { askVersion, type AskPorts } from "../../gateway/evals/core/ask.ts";
import type { Corpus, Json } from "../../gateway/evals/core/corpus.ts";
import { runGate, type GateResult, type Side } from "../../gateway/evals/core/run-gate.ts";
import { seededRng } from "../../kernel/rng.ts";
import type { Signal } from "../../kernel/signal.ts";
import { schemaChecker } from "../plan/eval-gates.ts";
import { resolvedGateway } from "../plan/gateway-config.ts";
import { askGateway } from "./ask-gateway.ts";
import type { VirtualDisk } from "./disk.ts";
import { assembleGateway } from "./gateway.ts";
import type { VirtualNetwork } from "./network.ts";
import type { VirtualProcess } from "./process.ts";

export interface VirtualGateOptions {
  readonly process: VirtualProcess;
  readonly file: ControlFile;
  readonly seed: number;
  /** Of the control plane. */
  readonly id: string;
  readonly life: number;
  readonly network: VirtualNetwork;
  readonly disk: VirtualDisk;
  readonly corpusOf: (name: string) => Corpus;
  readonly ending: Signal;
}

type Config = Readonly<Record<string, unknown>>;

const key = "vk-evals";

/**
 * The eval gates of a push, as the live control plane has them (gateway/control/eval-gate.ts): both versions are run by
 * data planes that serve nobody else.
 */
export async function runVirtualGates(active: Config, candidate: Config, options: VirtualGateOptions): Promise<Evaluation> {
  const { process, file, seed, id, life, network, disk, corpusOf, ending } = options;
  const started = (side: Side, config: Config) =>
    assembleGateway(process, { seed, id: `${id}/evals/${side}`, life, config: resolvedGateway({ ...evalConfig(config, { plane: file.plane, key }), region: file.region }), network, disk, emit: () => {} });
  const sides = { current: started("current", active), candidate: started("candidate", candidate) };
  try {
    const results: GateResult[] = [];
    for (const { corpus, settings, seed: own, timeoutMs, body } of file.evals) {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", ...evalHeaders };
      const portsOf = (side: Side): AskPorts => ({ send: (text) => askGateway(sides[side], text, { process, headers, timeoutMs, ending }), sleep: (ms) => process.clock.sleep(ms) });
      const ports = { current: portsOf("current"), candidate: portsOf("candidate") };
      results.push(
        await runGate(corpusOf(corpus), settings, {
          ask: (side, { vars }) => askVersion(body as Json, vars, ports[side]),
          judge: () => Promise.resolve(null),
          schemaProblem: schemaChecker(),
          rng: seededRng(own, "eval-gate"),
        }),
      );
    }
    return joined(results);
  } finally {
    sides.current.close();
    sides.candidate.close();
  }
}
