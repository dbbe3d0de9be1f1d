import type { ChatRequest, Json } from "../../kernel/chat.ts";
import type { TransportRequest } from "../../kernel/transport.ts";
import { joined, utf8Bytes } from "../../kernel/utf8.ts";
import { jsonParts } from "./json-pieces.ts";
import type { Pause } from "./pause.ts";

/** A request to a provider. `json`: what its long body is the JSON of. */
export interface EncodedRequest extends TransportRequest {
  readonly json?: Json;
}

/** In parts, or as what it is the JSON of, where it is long. */
export type RequestBody = Uint8Array | readonly Uint8Array[] | { readonly json: Json };

/** The body of a request that had other words. */
export function jsonBody({ source }: ChatRequest, value: object): RequestBody {
  return source?.long === undefined ? utf8Bytes(JSON.stringify(value)) : { json: value as Json };
}

/** A request with a body, which is put together only where somebody asks for the whole. */
export function withBody(body: RequestBody, request: Omit<TransportRequest, "body" | "parts">): EncodedRequest {
  if (body instanceof Uint8Array) return { ...request, body };
  if ("json" in body) return { ...request, json: body.json, get body() { return utf8Bytes(JSON.stringify(body.json)); } };
  return { ...request, parts: body, get body() { return joined(body); } };
}

/** The same request with its body written in pieces, where nothing but its JSON is known. */
export async function writtenInPieces(request: EncodedRequest, pause: Pause): Promise<TransportRequest> {
  if (request.json === undefined) return request;
  const { method, url, headers, json } = request;
  return withBody(await jsonParts(json, pause), { method, url, headers });
}
