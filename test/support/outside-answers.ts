/**
 * Answers in the shapes of gateways that are not ours, for tests: LiteLLM's proxy and Portkey's gateway. Both pass the
 * provider's text on, and neither has the lab's headers. Fields as their releases of 2026 send them: LiteLLM adds
 * provider_specific_fields and service_tier, Portkey adds `provider`.
 */
interface Delivered {
  /** What the gateway calls the model. */
  readonly model: string;
  readonly text: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}

export interface OutsideGateway {
  readonly name: string;
  readonly body: (answer: Delivered) => string;
  /** The data of each event of a stream. */
  readonly events: (answer: Delivered) => readonly string[];
}

const head = (object: string, model: string) => ({ id: "chatcmpl-d7c1a0d2", created: 1_796_000_000, model, object });
const counts = ({ inputTokens, outputTokens }: Delivered["usage"]) => ({ prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens });

const litellm: OutsideGateway = {
  name: "LiteLLM",
  body: ({ model, text, usage }) =>
    JSON.stringify({
      ...head("chat.completion", model),
      system_fingerprint: null,
      choices: [{ finish_reason: "stop", index: 0, message: { content: text, role: "assistant", tool_calls: null, function_call: null, provider_specific_fields: { refusal: null } } }],
      usage: { ...counts(usage), completion_tokens_details: null, prompt_tokens_details: { cached_tokens: 0 } },
      service_tier: "default",
    }),
  events: ({ model, text, usage }) => {
    const chunk = (choices: unknown, rest: object = {}) => JSON.stringify({ ...head("chat.completion.chunk", model), choices, ...rest });
    const words = text.split(" ").map((word, index) => (index === 0 ? word : ` ${word}`));
    return [
      ...words.map((content, index) => chunk([{ index: 0, delta: { content, ...(index === 0 && { role: "assistant" }) } }])),
      chunk([{ finish_reason: "stop", index: 0, delta: {} }]),
      chunk([{ index: 0, delta: {} }], { usage: counts(usage) }),
      "[DONE]",
    ];
  },
};

const portkey: OutsideGateway = {
  name: "Portkey",
  body: ({ model, text, usage }) =>
    JSON.stringify({ ...head("chat.completion", model), provider: "anthropic", choices: [{ message: { role: "assistant", content: text }, index: 0, logprobs: null, finish_reason: "end_turn" }], usage: counts(usage) }),
  events: ({ model, text, usage }) => {
    const chunk = (delta: object, finish: string | null, rest: object = {}) => JSON.stringify({ ...head("chat.completion.chunk", model), provider: "anthropic", choices: [{ delta, index: 0, logprobs: null, finish_reason: finish }], ...rest });
    const words = text.split(" ").map((word, index) => (index === 0 ? word : ` ${word}`));
    return [chunk({ content: "", role: "assistant" }, null), ...words.map((content) => chunk({ content }, null)), chunk({}, "end_turn", { usage: counts(usage) }), "[DONE]"];
  },
};

export const outsideGateways: readonly OutsideGateway[] = [litellm, portkey];
