import type { Json, JsonObject } from "../../kernel/chat.ts";
import type { AnswerShape } from "../core/contracts.ts";
import { asObject } from "./json.ts";
import { choiceOf, objectsOf, shapeOf, toolsOf, type Asked } from "./shape.ts";

/** The requested form of a chat completion, from `tools`, `tool_choice`, `response_format`. */
export function chatShape(fields: JsonObject): AnswerShape {
  if (fields["tools"] === undefined && fields["response_format"] === undefined) return { kind: "text" };
  const functions = objectsOf(fields["tools"]).map((tool) => asObject(tool["function"]) ?? {});
  const format = asObject(fields["response_format"]);
  const schema = asObject(asObject(format?.["json_schema"])?.["schema"]);
  return shapeOf({
    tools: toolsOf(functions, "name", "parameters"),
    choice: choice(fields["tool_choice"], (named) => asObject(named["function"])?.["name"]),
    afterResult: objectsOf(fields["messages"]).at(-1)?.["role"] === "tool",
    ...jsonOf(format, schema),
  });
}

/** The requested form of a response, from `tools`, `tool_choice`, `text.format`, with fewer levels. */
export function responseShape(fields: JsonObject): AnswerShape {
  const format = asObject(asObject(fields["text"])?.["format"]);
  return shapeOf({
    tools: toolsOf(objectsOf(fields["tools"]).filter((tool) => tool["type"] === "function"), "name", "parameters"),
    choice: choice(fields["tool_choice"], (named) => named["name"]),
    afterResult: objectsOf(fields["input"]).at(-1)?.["type"] === "function_call_output",
    ...jsonOf(format, asObject(format?.["schema"])),
  });
}

function choice(value: Json | undefined, nameOf: (named: JsonObject) => Json | undefined): Asked["choice"] {
  const named = asObject(value);
  const name = named === null ? undefined : nameOf(named);
  return typeof name === "string" ? { mode: "named", name } : choiceOf(value, { none: "none", required: "required" });
}

function jsonOf(format: JsonObject | null, schema: JsonObject | null): Pick<Asked, "json"> {
  const type = format?.["type"];
  if (type === "json_schema") return { json: schema };
  return type === "json_object" ? { json: null } : {};
}
