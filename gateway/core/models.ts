import { bodyOf, type WireResponse } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { GatewayConfig } from "./config.ts";

/** `GET /v1/models` in OpenAI's form: what a client may name as `model` are the routes. */
export function modelList(config: GatewayConfig): WireResponse {
  const data = config.routes.map(({ name }) => ({ id: name, object: "model", created: 0, owned_by: "blastlab" }));
  const body = bodyOf(utf8Bytes(JSON.stringify({ object: "list", data })));
  return { status: 200, headers: { "content-type": "application/json" }, body };
}
