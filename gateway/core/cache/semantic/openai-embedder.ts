import type { Json, JsonObject } from "../../../../kernel/chat.ts";
import type { Clock, Secrets, Transport } from "../../../../kernel/seams.ts";
import { Canceller, orAborted, type Signal } from "../../../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../../../kernel/utf8.ts";
import { readBounded } from "../../read-body.ts";
import type { RemoteEmbedderConfig } from "../settings.ts";
import { type Embedder, unitVector } from "./embedder.ts";

const BODY_BYTES_MAX = 4 * 1024 * 1024;

interface EmbedderSeams {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly secrets: Secrets;
}

/**
 * Embeds by an OpenAI-compatible `/v1/embeddings`, which may be this gateway's own. Rejects when it refuses, returns no
 * vector or takes longer than `timeoutMs`: the cache then looks for exact requests only.
 */
export function openaiEmbedder(settings: RemoteEmbedderConfig, seams: EmbedderSeams): Embedder {
  const embed = async (text: string, signal: Signal): Promise<Float32Array> => {
    using limit = new Canceller(signal);
    const cancelTimer = seams.clock.at(seams.clock.nowMs() + settings.timeoutMs, () => limit.cancel("The embedder took too long"));
    try {
      return await ask(text, settings, seams, limit.signal);
    } finally {
      cancelTimer();
    }
  };
  return { id: `openai/${settings.baseUrl}/${settings.model}`, embed };
}

async function ask(text: string, settings: RemoteEmbedderConfig, { transport, secrets }: EmbedderSeams, signal: Signal): Promise<Float32Array> {
  const credential = await orAborted(secrets.read(settings.credential, signal), signal);
  const body = utf8Bytes(JSON.stringify({ model: settings.model, input: text, encoding_format: "float" }));
  const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
  const response = await orAborted(transport.open({ method: "POST", url: `${settings.baseUrl}/embeddings`, headers, body }, signal), signal);
  const bytes = await readBounded(response.body, BODY_BYTES_MAX, signal);
  if (response.status !== 200) throw new Error(`Cannot embed: the embedder answered ${response.status}`);
  return unitVector(vectorOf(JSON.parse(utf8Text(bytes)) as Json));
}

function vectorOf(body: Json): Float32Array {
  const data = (body as JsonObject | null)?.["data"];
  const vector = Array.isArray(data) ? ((data[0] as JsonObject | undefined)?.["embedding"] ?? null) : null;
  if (!Array.isArray(vector) || vector.length === 0 || !vector.every((value) => typeof value === "number")) throw new Error("Cannot embed: the answer holds no vector of numbers");
  return Float32Array.from(vector);
}
