import { seededRng } from "../../../kernel/rng.ts";
import { type Clock, StoreError } from "../../../kernel/seams.ts";
import { Canceller } from "../../../kernel/signal.ts";
import { type Headers, TransportError, type WireResponse } from "../../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../../kernel/utf8.ts";
import { clientDialects } from "../../dialects/clients.ts";
import { openaiClient } from "../../dialects/openai-client.ts";
import { upstreamDialects } from "../../dialects/upstreams.ts";
import { defaultPolicy, type GatewayConfig, type PolicyConfig } from "../config.ts";
import type { Gateway, GatewaySeams } from "../contracts.ts";
import type { GatewayEvent } from "../events.ts";
import { createGateway } from "../gateway.ts";
import { type Provider, ScriptedTransport } from "./scripted-transport.ts";

export const primaryModel = "gpt-test";
export const backupModel = "claude-test";

/** Two teams, an OpenAI primary, an Anthropic backup, and routes over both and over the primary alone. */
export function configOf(overrides: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    region: "test",
    keys: [
      { key: "vk-a", team: "a", feature: "chat" },
      { key: "vk-b", team: "b", feature: "chat" },
    ],
    deployments: [
      { name: "primary", dialect: "openai", model: primaryModel, baseUrl: "http://primary/v1", credential: "env:PRIMARY" },
      { name: "backup", dialect: "anthropic", model: backupModel, baseUrl: "http://backup/v1", credential: "env:BACKUP" },
    ],
    routes: [
      { name: "both", deployments: ["primary", "backup"] },
      { name: "alone", deployments: ["primary"] },
      { name: "other", deployments: ["backup"] },
    ],
    policy: defaultPolicy,
    contractCheck: true,
    concurrencyMax: 1_000,
    defects: [],
    hardened: false,
    ...overrides,
  };
}

export function policyOf(overrides: Partial<PolicyConfig>): PolicyConfig {
  return { ...defaultPolicy, ...overrides };
}

export interface Sent {
  readonly route?: string;
  readonly prompt?: string;
  readonly key?: string;
  readonly stream?: boolean;
  readonly requestId?: string;
  readonly headers?: Headers;
  /** Overrides fields of the body. */
  readonly body?: object;
  /** How long the client takes over each chunk. */
  readonly readMs?: number;
  /** When the client leaves, from the send. */
  readonly leaveMs?: number;
}

/** What the client received. */
export interface Received {
  readonly requestId: string;
  /** Null: no response. */
  readonly status: number | null;
  readonly headers: Headers;
  readonly body: string;
  readonly text: string;
  readonly model: string | null;
  readonly finishReason: string | null;
  readonly isTerminated: boolean;
  readonly errorCode: string | null;
  readonly usage: { readonly completion_tokens: number } | null;
  readonly firstMs: number | null;
  readonly endedMs: number;
  /** How the connection broke; null: complete by HTTP's framing. */
  readonly broken: string | null;
  /** Subscriptions that remain on the client's signal. */
  readonly listenersLeft: number;
}

/** A gateway on a given clock over scripted providers, and a client for it. */
export class Rig {
  readonly gateway: Gateway;
  readonly transport: ScriptedTransport;
  readonly events: GatewayEvent[] = [];
  readonly #clock: Clock;
  readonly #listeners = new Set<(next: GatewayConfig) => void>();
  #count = 0;
  #config: GatewayConfig;

  constructor(clock: Clock, providers: Readonly<Record<string, Provider>>, config: GatewayConfig = configOf(), seams: Partial<GatewaySeams> = {}) {
    this.#clock = clock;
    this.#config = config;
    this.transport = new ScriptedTransport(clock, providers);
    const unused = () => Promise.reject(new StoreError("not for this test"));
    this.gateway = createGateway({
      clock,
      transport: this.transport,
      rng: seededRng(1),
      client: openaiClient,
      clients: clientDialects,
      upstream: upstreamDialects,
      store: { get: unused, set: unused, reserve: unused, settle: unused, reserveAll: unused },
      secrets: { read: (reference) => Promise.resolve(`secret of ${reference}`) },
      config: { current: () => this.#config, onChange: (listener) => (this.#listeners.add(listener), () => void this.#listeners.delete(listener)) },
      events: { emit: (event) => void this.events.push(event) },
      ...seams,
    });
  }

  get config(): GatewayConfig {
    return this.#config;
  }

  /** A reload. */
  set config(next: GatewayConfig) {
    this.#config = next;
    for (const listener of this.#listeners) listener(next);
  }

  finished(): readonly (GatewayEvent & { type: "finished" })[] {
    return this.events.filter((event) => event.type === "finished");
  }

  async send(sent: Sent = {}): Promise<Received> {
    const requestId = sent.requestId ?? `request-${this.#count++}`;
    const client = new Canceller();
    const stopLeaving = sent.leaveMs === undefined ? () => {} : this.#clock.at(this.#clock.nowMs() + sent.leaveMs, () => client.cancel("gone"));
    const reading = new Reading(this.#clock, requestId);
    try {
      const response = await this.gateway.handle({ ...wireOf(sent, requestId) }, client.signal);
      await reading.read(response, sent.readMs ?? 0);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      reading.broken = error.kind;
    }
    stopLeaving();
    return reading.result(sent.stream ?? true, client.listenerCount);
  }
}

function wireOf(sent: Sent, requestId: string) {
  const stream = sent.stream ?? true;
  const body = {
    model: sent.route ?? "both",
    messages: [{ role: "user", content: sent.prompt ?? "Hello" }],
    max_tokens: 60,
    stream,
    ...(stream && { stream_options: { include_usage: true } }),
    ...sent.body,
  };
  const headers = { authorization: `Bearer ${sent.key ?? "vk-a"}`, "x-client-request-id": requestId, ...sent.headers };
  return { method: "POST", path: "/v1/chat/completions", headers, body: utf8Bytes(JSON.stringify(body)) };
}

interface Chunk {
  readonly model?: string;
  readonly choices?: readonly { delta?: { content?: string }; message?: { content: string }; finish_reason?: string | null }[];
  readonly usage?: { completion_tokens: number } | null;
  readonly error?: { code: string };
}

/** A client that reads a response to its end and records what it received. */
class Reading {
  readonly #clock: Clock;
  readonly #requestId: string;
  #response: WireResponse | null = null;
  #body = "";
  #firstMs: number | null = null;
  broken: string | null = null;

  constructor(clock: Clock, requestId: string) {
    this.#clock = clock;
    this.#requestId = requestId;
  }

  async read(response: WireResponse, readMs: number): Promise<void> {
    this.#response = response;
    for await (const bytes of response.body) {
      this.#firstMs ??= this.#clock.nowMs();
      this.#body += utf8Text(bytes);
      if (readMs > 0) await this.#clock.sleep(readMs);
    }
  }

  result(stream: boolean, listenersLeft: number): Received {
    const isStream = stream && this.#response?.status === 200;
    const lines = this.#body.split("\n\n").filter((line) => line !== "" && !line.startsWith(":"));
    const chunks = (isStream ? lines.filter((line) => line !== "data: [DONE]").map((line) => line.slice(line.indexOf("data: ") + "data: ".length)) : lines).map(
      (line) => JSON.parse(line) as Chunk,
    );
    const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
    return {
      requestId: this.#requestId,
      body: this.#body,
      firstMs: this.#firstMs,
      broken: this.broken,
      listenersLeft,
      status: this.#response?.status ?? null,
      headers: this.#response?.headers ?? {},
      text: choices.map((choice) => choice.delta?.content ?? choice.message?.content ?? "").join(""),
      model: chunks.find(({ model }) => model !== undefined)?.model ?? null,
      finishReason: choices.findLast((choice) => choice.finish_reason)?.finish_reason ?? null,
      isTerminated: isStream ? lines.at(-1) === "data: [DONE]" : this.#response !== null,
      errorCode: chunks.find(({ error }) => error !== undefined)?.error?.code ?? null,
      usage: chunks.findLast(({ usage }) => usage)?.usage ?? null,
      endedMs: this.#clock.nowMs(),
    };
  }
}
