import { request } from "undici";
import { readBody } from "../../kernel/bounded-body.ts";
import type { Secrets } from "../../kernel/seams.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { AskPorts } from "./core/ask.ts";
import type { Asked } from "./gate-file.ts";

const answerBytesMax = 4 << 20;

export interface ClientOptions {
  readonly secrets: Secrets;
  readonly timeoutMs: number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** How an OpenAI-compatible server is asked over HTTP. */
export function httpPorts({ url, key, headers }: Asked, { secrets, timeoutMs, sleep }: ClientOptions): AskPorts {
  return {
    sleep,
    send: async (body) => {
      const authorization = key === undefined ? {} : { authorization: `Bearer ${await secrets.read(key, neverSignal)}` };
      const sent = { method: "POST" as const, headers: { "content-type": "application/json", ...authorization, ...headers }, body };
      const response = await request(url, { ...sent, signal: AbortSignal.timeout(timeoutMs) });
      return { status: response.statusCode, text: await readBody(response.body, answerBytesMax) };
    },
  };
}
