import type { ChatRequest, PromptReference, ToolDefinition } from "../../../kernel/chat.ts";
import { BadRequest } from "../contracts.ts";
import { filledIn, type PromptRegistry, type PromptVersion, type RegisteredPrompt, variablesOf } from "./definition.ts";
import type { PromptUsed } from "./report.ts";

export interface Rendered {
  readonly request: ChatRequest;
  readonly used: PromptUsed;
}

/**
 * The request with the registered prompt that it refers to. Throws `BadRequest` for a prompt or version that is not
 * registered, a variable that is missing or unknown, a tool that the request defines as well, and a tool choice that is
 * in neither list of tools.
 */
export function render(request: ChatRequest, reference: PromptReference, registry: PromptRegistry): Rendered {
  const prompt = registry.prompts.find(({ name }) => name === reference.id);
  if (prompt === undefined) throw new BadRequest("prompt_not_found", `No prompt is called "${reference.id}".`);
  const version = versionOf(prompt, reference.version ?? prompt.current);
  checkVariables(version, reference);
  const tools = version.tools.map((name) => toolOf(name, registry));
  const twice = request.tools?.find(({ name }) => tools.some((tool) => tool.name === name));
  if (twice !== undefined) throw new BadRequest("duplicate_tool", `The tool "${twice.name}" comes with prompt "${prompt.name}" already.`);
  const messages = version.messages.map(({ role, content }) => ({ role, content: filledIn(content, reference.variables) }));
  const { prompt: _, tools: own = [], toolChoice, parallelToolCalls, ...rest } = request;
  return {
    request: {
      ...rest,
      ...(request.source !== undefined && { source: { ...request.source, rendered: { messages, tools } } }),
      messages: [...messages, ...request.messages],
      ...toolsIn([...tools, ...own], { toolChoice, parallelToolCalls }),
    },
    used: { name: prompt.name, version: version.version, tools: version.tools },
  };
}

function versionOf(prompt: RegisteredPrompt, wanted: string): PromptVersion {
  const found = prompt.versions.find(({ version }) => version === wanted);
  if (found === undefined) throw new BadRequest("prompt_version_not_found", `Prompt "${prompt.name}" has no version "${wanted}".`);
  return found;
}

function checkVariables(version: PromptVersion, reference: PromptReference): void {
  const wanted = variablesOf(version);
  const missing = [...wanted].find((name) => !Object.hasOwn(reference.variables, name));
  if (missing !== undefined) throw new BadRequest("prompt_variable_missing", `Prompt "${reference.id}" needs the variable "${missing}".`);
  const unknown = Object.keys(reference.variables).find((name) => !wanted.has(name));
  if (unknown !== undefined) throw new BadRequest("prompt_variable_unknown", `Prompt "${reference.id}" has no variable "${unknown.slice(0, 80)}".`);
}

/** The tools and the tool choice. Without tools only `none` remains, which need not be sent. */
type ToolUse = { [name in "toolChoice" | "parallelToolCalls"]: ChatRequest[name] | undefined };

function toolsIn(tools: readonly ToolDefinition[], { toolChoice, parallelToolCalls }: ToolUse): Partial<ChatRequest> {
  if (tools.length === 0) {
    if (toolChoice === undefined || toolChoice === "none" || toolChoice === "auto") return {};
    throw new BadRequest("invalid_value", "Invalid 'tool_choice': neither the request nor its prompt has tools.");
  }
  if (typeof toolChoice === "object" && !tools.some(({ name }) => name === toolChoice.name)) {
    throw new BadRequest("invalid_value", `Invalid 'tool_choice': no tool is called '${toolChoice.name.slice(0, 80)}'.`);
  }
  return { tools, ...(toolChoice !== undefined && { toolChoice }), ...(parallelToolCalls !== undefined && { parallelToolCalls }) };
}

/** Validation has checked that it exists. */
function toolOf(reference: string, registry: PromptRegistry): ToolDefinition {
  const found = registry.tools.find(({ name, version }) => `${name}@${version}` === reference);
  if (found === undefined) throw new Error(`Cannot render tool "${reference}": it is not registered`);
  const { version: _, ...tool } = found;
  return tool;
}
