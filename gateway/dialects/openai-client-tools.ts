import type { OutputFormat, ToolCall, ToolChoice, ToolDefinition } from "../../kernel/chat.ts";
import { BadRequest } from "../core/contracts.ts";
import { cacheField } from "./content-parts.ts";
import { type Fields, invalid, missing, unsupported } from "./fields.ts";

/** `tools` of a chat completion request, function tools only; null for none. */
export function openaiToolsOf(fields: Fields): readonly ToolDefinition[] | null {
  const tools = fields.objects("tools");
  if (tools === null || tools.length === 0) return null;
  const read = (tool: Fields, index: number): ToolDefinition => {
    if (tool.get("type") !== "function") throw unsupported(`Unsupported value of 'tools': this gateway supports tools of type 'function' only, item ${index} is none.`);
    tool.only(toolFields);
    const definition = tool.requiredObject("function");
    definition.only(definitionFields);
    return { ...definitionOf(definition), ...cacheField(tool) };
  };
  const known = tools.flatMap((tool, index) => tool.attempt((): readonly ToolDefinition[] => [read(tool, index)], []));
  return known.length === 0 ? null : known;
}

const toolFields: ReadonlySet<string> = new Set(["type", "function", "cache_control"]);

const definitionFields: ReadonlySet<string> = new Set(["name", "description", "parameters", "strict"]);

/** A function's name, description, schema and strictness, where they are fields of one object. */
export function definitionOf(fields: Fields): ToolDefinition {
  const description = fields.string("description");
  const parameters = fields.object("parameters");
  const strict = fields.boolean("strict");
  return {
    name: fields.requiredString("name"),
    ...(description !== null && { description }),
    ...(parameters !== null && { parameters: parameters.json }),
    ...(strict !== null && { strict }),
  };
}

/** `tool_choice`; null for absent, and for `none` where there is nothing to choose from. */
export function openaiToolChoiceOf(fields: Fields, tools: readonly ToolDefinition[] | null): ToolChoice | null {
  const value = fields.get("tool_choice");
  if (value === null) return null;
  const choice = choiceOf(fields, (named) => named.requiredObject("function").requiredString("name"));
  return checkedChoice(choice, tools, { prompt: fields.get("prompt") !== null });
}

/** A choice by keyword or by name. `nameOf` finds the name in the object. */
export function choiceOf(fields: Fields, nameOf: (named: Fields) => string): ToolChoice {
  const value = fields.get("tool_choice");
  if (value === "auto" || value === "none" || value === "required") return value;
  if (typeof value === "string") throw invalid("tool_choice", "auto, none, required or a function by name");
  const named = fields.requiredObject("tool_choice");
  if (named.get("type") !== "function") throw unsupported("Unsupported value of 'tool_choice': this gateway supports auto, none, required, or a function by name.");
  return { name: nameOf(named) };
}

/**
 * A choice must be among the tools. Without tools only `none` remains, which need not be sent. `prompt`: a registered
 * prompt may bring tools, and its rendering checks the choice.
 */
export function checkedChoice(choice: ToolChoice, tools: readonly ToolDefinition[] | null, { prompt }: { prompt: boolean }): ToolChoice | null {
  if (prompt) return choice;
  if (tools === null) {
    if (choice === "none" || choice === "auto") return null;
    throw new BadRequest("invalid_value", "Invalid 'tool_choice': only allowed with 'tools'.");
  }
  if (typeof choice === "object" && !tools.some(({ name }) => name === choice.name)) {
    throw new BadRequest("invalid_value", `Invalid 'tool_choice': no tool is called '${choice.name.slice(0, 80)}'.`);
  }
  return choice;
}

/** The tool calls of an earlier assistant message; null for none. */
export function openaiToolCallsOf(message: Fields): readonly ToolCall[] | null {
  const calls = message.objects("tool_calls");
  if (calls === null || calls.length === 0) return null;
  const read = (call: Fields): ToolCall => {
    if (call.get("type") !== "function") throw unsupported(`Unsupported value of '${call.at("type")}': this gateway supports calls of functions only.`);
    call.only(callFields);
    const calledFunction = call.requiredObject("function");
    return { id: call.requiredString("id"), name: calledFunction.requiredString("name"), arguments: calledFunction.string("arguments") ?? "" };
  };
  return calls.flatMap((call) => call.attempt((): readonly ToolCall[] => [read(call)], []));
}

/** Some SDKs send a call back as its stream numbered it. */
const callFields: ReadonlySet<string> = new Set(["id", "type", "function", "index"]);

/** `response_format`; null for text. */
export function openaiOutputOf(fields: Fields): OutputFormat | null {
  const format = fields.object("response_format");
  if (format === null) return null;
  const schemaIn = () => {
    format.only(formatFields);
    return format.requiredObject("json_schema");
  };
  return outputOf(format, schemaIn);
}

/** Some servers take a schema beside `json_object` (Together, llama.cpp), which would be lost. */
const plainFields: ReadonlySet<string> = new Set(["type"]);
const formatFields: ReadonlySet<string> = new Set(["type", "json_schema"]);
const schemaFields: ReadonlySet<string> = new Set(["type", "name", "schema", "description", "strict"]);

/** A format by its `type`. `schemaIn` returns the object with name and schema. */
export function outputOf(format: Fields, schemaIn: () => Fields): OutputFormat | null {
  const type = format.get("type");
  if (type === "text") return null;
  if (type === "json_object") {
    format.only(plainFields);
    return { type: "json" };
  }
  if (type !== "json_schema") throw invalid(format.at("type"), "text, json_object or json_schema");
  const jsonSchema = schemaIn();
  jsonSchema.only(schemaFields);
  const schema = jsonSchema.object("schema");
  if (schema === null) throw missing(jsonSchema.at("schema"));
  const description = jsonSchema.string("description");
  const strict = jsonSchema.boolean("strict");
  return {
    type,
    name: jsonSchema.requiredString("name"),
    schema: schema.json,
    ...(description !== null && { description }),
    ...(strict !== null && { strict }),
  };
}
