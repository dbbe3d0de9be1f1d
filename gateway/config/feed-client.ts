import { readBody } from "../../kernel/bounded-body.ts";
import type { Clock, Transport } from "../../kernel/seams.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { ControlPort, PlaneState } from "../core/packages/ports.ts";
import type { ControlConfig } from "./control-schema.ts";
import { feedPath, feedPaths, feedSchema, type Ack, type PlaneReport } from "./feed.ts";
import { packageBytesMax } from "./package.ts";

/** Current and candidate, as JSON that may escape what their canonical text does not. */
const feedBytesMax = 4 * packageBytesMax;

export interface FeedClientSeams {
  readonly transport: Transport;
  readonly clock: Clock;
  /** The key between data plane and control plane. */
  readonly key: (signal: Signal) => Promise<string>;
  /** A new text for each life of the process. */
  readonly boot: string;
}

/** The control plane over HTTP, in both harnesses. */
export function feedClient({ url, plane, waitMs, timeoutMs }: Omit<ControlConfig, "key" | "folder">, { transport, clock, key, boot }: FeedClientSeams): ControlPort {
  const send = async (request: { readonly path: string; readonly body?: object; readonly limitMs: number }, signal: Signal): Promise<string> => {
    using limit = new Canceller(signal);
    const stopTimer = clock.at(clock.nowMs() + request.limitMs, () => limit.cancel("the control plane does not answer"));
    try {
      const headers = { authorization: `Bearer ${await key(limit.signal)}`, ...(request.body !== undefined && { "content-type": "application/json" }) };
      const body = utf8Bytes(request.body === undefined ? "" : JSON.stringify(request.body));
      const response = await transport.open({ method: request.body === undefined ? "GET" : "POST", url: url + request.path, headers, body }, limit.signal);
      const text = await readBody(response.body, feedBytesMax);
      if (response.status < 200 || response.status > 299) throw new Error(`The control plane answered ${response.status}`);
      return text;
    } finally {
      stopTimer();
    }
  };
  const reportOf = (state: PlaneState): PlaneReport => ({ plane, boot, atMs: clock.wallMs(), ...state, packages: [...state.packages], evidence: [...state.evidence] });
  return {
    feed: async ({ have, seen }, signal) => {
      const path = feedPath({ plane, have: [...have], seen: seen ?? undefined, waitMs: seen === null ? 0 : waitMs });
      return feedSchema.parse(JSON.parse(await send({ path, limitMs: timeoutMs + waitMs }, signal)));
    },
    ack: async (ack, signal) => void (await send({ path: feedPaths.acks, body: { plane, ...ack } satisfies Ack, limitMs: timeoutMs }, signal)),
    report: async (state, signal) => void (await send({ path: feedPaths.reports, body: reportOf(state), limitMs: timeoutMs }, signal)),
  };
}
