import type { ChatMessage, ToolDefinition } from "../../../kernel/chat.ts";

/** Prompts and tools that requests refer to by name and version, kept in one place. */
export interface PromptRegistry {
  readonly prompts: readonly RegisteredPrompt[];
  readonly tools: readonly RegisteredTool[];
}

export interface RegisteredPrompt {
  readonly name: string;
  /** The version for requests that name none. */
  readonly current: string;
  readonly versions: readonly PromptVersion[];
}

export interface PromptVersion {
  readonly version: string;
  /** They precede the request's own messages. `{{name}}` in a content is a variable of the request. */
  readonly messages: readonly Pick<ChatMessage, "role" | "content">[];
  /** `name@version` of registered tools. They precede the request's own. */
  readonly tools: readonly string[];
}

export interface RegisteredTool extends ToolDefinition {
  readonly version: string;
}

const variable = /\{\{ ?([A-Za-z_][A-Za-z0-9_]{0,63}) ?\}\}/g;

/** Names of the variables that a prompt's messages use. */
export function variablesOf({ messages }: PromptVersion): ReadonlySet<string> {
  return new Set(messages.flatMap(({ content }) => [...content.matchAll(variable)].map(([, name]) => name!)));
}

/** The content with its variables filled in, once: a variable's value is never read as a template. */
export function filledIn(content: string, variables: Readonly<Record<string, string>>): string {
  return content.replace(variable, (_, name: string) => variables[name] ?? "");
}
