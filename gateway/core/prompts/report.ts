/** What a request was rendered from, for its events and its header. */
export interface PromptUsed {
  readonly name: string;
  readonly version: string;
  /** `name@version`, those of the prompt. */
  readonly tools: readonly string[];
}
