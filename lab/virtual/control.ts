import { ackSchema, feedPaths, feedQuerySchema, planeReportSchema } from "../../gateway/config/feed.ts";
import type { CanarySettings, ControlFile } from "../../gateway/control/config.ts";
import { askCandidate, canaryConfig, type CanaryAnswer, type CanaryQuestion } from "../../gateway/control/core/canary.ts";
import { ControlRefusal } from "../../gateway/control/core/control-refusal.ts";
import type { ExpectedIdentity, IdentityResult } from "../../gateway/control/core/identity.ts";
import type { ReceiptKeys } from "../../gateway/control/core/receipt.ts";
import type { Corpus } from "../../gateway/evals/core/corpus.ts";
import { Region, type RegionSeams } from "../../gateway/control/region.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import type { Handler, WireRequest, WireResponse } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import { resolvedGateway } from "../plan/gateway-config.ts";
import { createHash, loaderReason, sha256 } from "../plan/packages.ts";
import { askGateway } from "./ask-gateway.ts";
import type { Program } from "./component.ts";
import { controlDisk, type VirtualDisk } from "./disk.ts";
import { runVirtualGates } from "./eval-gate.ts";
import { assembleGateway } from "./gateway.ts";
import { virtualKey } from "./keys.ts";
import type { VirtualNetwork } from "./network.ts";
import type { VirtualProcess } from "./process.ts";

/**
 * A control plane's process, as the live one puts its core together (gateway/control/server.ts). Its operator calls
 * `region` itself.
 */
export interface ControlProgram extends Program {
  readonly region: Region;
}

export interface ControlOptions {
  readonly seed: number;
  /** Of the component. */
  readonly id: string;
  /** Which of its processes it is, from 0. */
  readonly life: number;
  readonly file: ControlFile;
  readonly network: VirtualNetwork;
  readonly disk: VirtualDisk;
  /** What the eval gate asks, by the name in the file. */
  readonly corpusOf: (name: string) => Corpus;
}

const tickMs = 500;

export function controlProgram(process: VirtualProcess, options: ControlOptions): ControlProgram {
  const { file, disk } = options;
  const { canary } = file;
  const { clock } = process;
  const ending = new Canceller();
  const effects: RegionSeams["effects"] = {
    check: (config) => Promise.resolve(loaderReason({ ...file.plane, ...config })),
    identify: canary === null ? null : (config, identities) => askAll(process, config, { ...options, canary, identities, ending: ending.signal }),
    evaluate: (active, candidate) => runVirtualGates(active, candidate, { ...options, process, ending: ending.signal }),
    stop: () => ending.cancel("The control plane ends"),
  };
  const region = openRegion(file, { clock, disk, effects });
  const tick = () => {
    if (ending.signal.aborted) return;
    region.tick();
    clock.at(clock.nowMs() + tickMs, tick);
  };
  clock.at(clock.nowMs() + tickMs, tick);
  return { region, handler: planeHandler(region, { file, clock, ending: ending.signal }), close: () => region.close() };
}

/** The region's control plane on its disk. */
export function openRegion(file: ControlFile, { clock, disk, effects }: { clock: Clock; disk: VirtualDisk; effects: RegionSeams["effects"] }): Region {
  return new Region(file, { clock, log: () => {}, disk: controlDisk(disk, file.region), keys: standInKeys(file), createHash, effects });
}

/** Stand in for signatures, with their refusals. */
function standInKeys({ region, receiptFrom }: ControlFile): ReceiptKeys & { readonly publicKey: string } {
  const signed = (by: string, text: string) => sha256(`${by} signs ${text}`);
  return { publicKey: region, sign: (text) => signed(region, text), verify: (text, signature) => receiptFrom !== null && signed(receiptFrom.publicKey, text) === signature };
}

/** How often a held request for the feed checks for a change. */
const heldMs = 100;

/** What data planes call: the same paths as the live process's (gateway/control/routes.ts). */
function planeHandler(region: Region, { file, clock, ending }: { file: ControlFile; clock: Clock; ending: Signal }): Handler {
  const bearer = `Bearer ${virtualKey(file.planeKey, file.region)}`;
  const feed = async (query: string, signal: Signal) => {
    const asked = feedQuerySchema.parse(Object.fromEntries(query.split("&").map((pair) => pair.split("=", 2).map(decodeURIComponent))));
    for (let leftMs = asked.waitMs; leftMs > 0 && region.revision === asked.seen && !signal.aborted && !ending.aborted; leftMs -= heldMs) await clock.sleep(Math.min(heldMs, leftMs));
    return json(200, region.feed(asked));
  };
  const taken = (act: () => void) => {
    try {
      act();
      return json(200, {});
    } catch (error) {
      if (!(error instanceof ControlRefusal)) throw error;
      return json(409, { error: { code: error.code, message: error.message } });
    }
  };
  return (request, signal) => {
    if (request.headers["authorization"] !== bearer) return Promise.resolve(json(401, {}));
    const [path, query = ""] = request.path.split("?", 2) as [string, string?];
    if (path === feedPaths.feed) return feed(query, signal);
    if (path === feedPaths.acks) return Promise.resolve(taken(() => region.acknowledge(ackSchema.parse(bodyOf(request)))));
    if (path === feedPaths.reports) return Promise.resolve(taken(() => region.report(planeReportSchema.parse(bodyOf(request)))));
    return Promise.resolve(json(404, {}));
  };
}

const bodyOf = ({ body }: WireRequest): unknown => JSON.parse(utf8Text(body));
const json = (status: number, value: unknown): WireResponse => ({ status, headers: { "content-type": "application/json" }, body: new WholeBody(JSON.stringify(value)) });

/**
 * Asks every deployment of a candidate the known question, through a gateway that runs the candidate for nobody else.
 */
async function askAll(
  process: VirtualProcess,
  config: Readonly<Record<string, unknown>>,
  { file, id, life, seed, network, disk, canary, identities, ending }: ControlOptions & { readonly canary: CanarySettings; readonly identities: Readonly<Record<string, ExpectedIdentity>>; readonly ending: Signal },
): Promise<readonly IdentityResult[]> {
  const key = "vk-canary";
  const gateway = assembleGateway(process, { seed, id: `${id}/canary`, life, config: resolvedGateway({ ...canaryConfig(config, { plane: file.plane, key }), region: file.region }), network, disk, emit: () => {} });
  const ask = ({ headers, body }: CanaryQuestion): Promise<CanaryAnswer | string> => askGateway(gateway, body, { process, headers, timeoutMs: canary.timeoutMs, ending }).catch(messageOf);
  try {
    return await askCandidate(config, { identities, question: canary.question, key, ask });
  } finally {
    gateway.close();
  }
}
