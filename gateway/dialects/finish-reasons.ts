import type { FinishReason } from "../../kernel/chat.ts";

/** How an answer ended. `failed`: its server gave up, and said so in the reason alone. */
export type Ending = FinishReason | "failed";

/**
 * What the reasons have in common by which servers end their answers, first match wins: Gemini's
 * (`MALFORMED_FUNCTION_CALL`, `PROHIBITED_CONTENT`), Cohere's (`ERROR_TOXIC`), Z.AI's (`sensitive`, `network_error`,
 * `model_context_window_exceeded`), DeepSeek's (`insufficient_system_resource`), vLLM's (`abort`, `repetition`),
 * Mistral's (`model_length`), and those of proxies that pass on another format's.
 */
const families: readonly (readonly [RegExp, Ending])[] = [
  [/malformed|unexpected_tool|error(?!_toxic)|abort|fail|time_?out|cancel|interrupt|insufficient_system/, "failed"],
  [/filter|safety|sensitive|refus|moderat|prohibit|block_?list|recitation|spii|guardrail|toxic|policy/, "content_filter"],
  [/length|max_(?:output_|new_)?tokens|token_limit|context_window|truncat|repetition/, "length"],
  [/tool_?(?:call|use)|function_call/, "tool_calls"],
  [/stop|end_?(?:of_)?turn|eos|complete/, "stop"],
];

/** The ending that a reason stands for; null: it is like none that is known. */
export function endingOf(reason: string): Ending | null {
  const word = reason.toLowerCase();
  return families.find(([family]) => family.test(word))?.[1] ?? null;
}
