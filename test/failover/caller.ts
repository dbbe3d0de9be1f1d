import type { CallerSaw } from "./judge.ts";

interface Body {
  readonly model?: string;
  readonly choices?: readonly { readonly delta?: { readonly content?: string }; readonly message?: { readonly content: string } }[];
  readonly usage?: object | null;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface Calling {
  readonly url: string;
  readonly requestId: string;
  readonly stream: boolean;
  readonly route?: string;
  /** Real ms. */
  readonly capMs: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came of a call, in real ms; `firstTokenMs` is its first content. */
export type Called = Omit<CallerSaw, "startedMs">;

/** One request by a client that trusts nobody: it reads to the end of the body, and gives up at the cap. */
export async function call(calling: Calling): Promise<Called> {
  const startedMs = performance.now();
  const seen = { status: null as number | null, body: "", broken: false };
  const { stream } = calling;
  const signal = AbortSignal.timeout(calling.capMs);
  try {
    const response = await fetch(`${calling.url}/v1/chat/completions`, { method: "POST", headers: headersOf(calling), body: JSON.stringify(bodyOf(calling)), signal });
    seen.status = response.status;
    const decoder = new TextDecoder();
    for await (const bytes of response.body!) seen.body += decoder.decode(bytes as Uint8Array, { stream: true });
  } catch {
    seen.broken = true;
  }
  const { chunks, done } = parse(seen.body, stream && seen.status === 200);
  const broken = seen.broken && seen.status !== null && !signal.aborted ? { code: "connection_broken", message: "" } : null;
  return {
    stream,
    status: seen.status,
    hung: signal.aborted,
    tookMs: performance.now() - startedMs,
    text: chunks.flatMap((chunk) => chunk.choices ?? []).map((choice) => choice.delta?.content ?? choice.message?.content ?? "").join(""),
    terminated: done && !seen.broken,
    error: chunks.find(({ error }) => error !== undefined)?.error ?? broken,
    model: chunks.find(({ model }) => model !== undefined)?.model ?? null,
    hasUsage: chunks.some(({ usage }) => usage !== null && usage !== undefined),
  };
}

export function headersOf({ requestId, headers }: Pick<Calling, "requestId" | "headers">): Record<string, string> {
  return { "content-type": "application/json", authorization: "Bearer vk-failover", "x-client-request-id": requestId, ...headers };
}

export function bodyOf({ stream, route }: Pick<Calling, "stream" | "route">): object {
  return { model: route ?? "both", messages: [{ role: "user", content: "Say the sixty words." }], stream, ...(stream && { stream_options: { include_usage: true } }) };
}

function parse(body: string, isStream: boolean): { chunks: readonly Body[]; done: boolean } {
  const pieces = isStream ? body.split("\n\n").filter((piece) => piece.includes("data: ")) : [`data: ${body}`];
  const texts = pieces.map((piece) => piece.slice(piece.indexOf("data: ") + "data: ".length));
  const chunks: Body[] = [];
  let done = !isStream;
  for (const text of texts) {
    if (text === "[DONE]") done = true;
    else {
      try {
        chunks.push(JSON.parse(text) as Body);
      } catch {
        done = false;
      }
    }
  }
  return { chunks, done };
}
