import { bodyOf, type Headers, type WireResponse } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { GatewayConfig } from "./config.ts";

/**
 * `GET /v1/models` and `GET /v1/models/<name>`: the routes, which clients name as `model`. In OpenAI's form, or in
 * Anthropic's for a client that sends `anthropic-version`. Null: no such route.
 */
export function modelsAt(path: string, headers: Headers, config: GatewayConfig): WireResponse | null {
  const form = headers["anthropic-version"] === undefined ? openaiForm : anthropicForm;
  const names = config.routes.map(({ name }) => name);
  if (path === "/v1/models") return json(form.list(names));
  const wanted = decoded(path.slice("/v1/models/".length));
  return wanted !== null && names.includes(wanted) ? json(form.one(wanted)) : null;
}

const openaiModel = (name: string) => ({ id: name, object: "model", created: 0, owned_by: "blastlab" });
const anthropicModel = (name: string) => ({ type: "model", id: name, display_name: name, created_at: "1970-01-01T00:00:00Z" });

const openaiForm = {
  one: openaiModel,
  list: (names: readonly string[]) => ({ object: "list", data: names.map(openaiModel) }),
};

const anthropicForm = {
  one: anthropicModel,
  list: (names: readonly string[]) => ({ data: names.map(anthropicModel), has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null }),
};

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function json(value: object): WireResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: bodyOf(utf8Bytes(JSON.stringify(value))) };
}
