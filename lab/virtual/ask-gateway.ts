import type { AssembledGateway } from "./gateway.ts";
import { readBody } from "../../kernel/bounded-body.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { VirtualProcess } from "./process.ts";

const answerBytesMax = 1 << 20;

export interface AskOptions {
  readonly process: VirtualProcess;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly ending: Signal;
}

/**
 * Sends a chat completion to a gateway that its own process runs for nobody else. Rejects where there is no answer in
 * time.
 */
export async function askGateway({ gateway }: AssembledGateway, body: string, { process: { clock }, headers, timeoutMs, ending }: AskOptions): Promise<{ readonly status: number; readonly text: string }> {
  using limit = new Canceller(ending);
  const stopTimer = clock.at(clock.nowMs() + timeoutMs, () => limit.cancel("no answer in time"));
  try {
    const answer = await gateway.handle({ method: "POST", path: "/v1/chat/completions", headers, body: utf8Bytes(body) }, limit.signal);
    return { status: answer.status, text: await readBody(answer.body, answerBytesMax) };
  } finally {
    stopTimer();
  }
}
