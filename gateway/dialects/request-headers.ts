import type { WireFormat } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { BadRequest } from "../core/contracts.ts";

/** Headers that are a part of a request in the format. They go to deployments that speak it. */
const belonging: Readonly<Record<WireFormat, readonly string[]>> = {
  openai: ["openai-beta"],
  openai_responses: ["openai-beta"],
  anthropic: ["anthropic-beta", "anthropic-user-profile-id", "anthropic-version"],
};

/** Each only says in which words the request is written. */
const neutral: ReadonlySet<string> = new Set(["anthropic-version"]);

/** The client's headers that belong to its request. */
export function belongingHeaders(format: WireFormat, headers: Headers): Headers {
  const found: Record<string, string> = {};
  for (const name of belonging[format]) if (headers[name]) found[name] = headers[name];
  return found;
}

/** What the headers that belong to a request ask for, which another format has no word for. */
export function headerRefusals(own: Headers): readonly BadRequest[] {
  return Object.keys(own)
    .filter((name) => !neutral.has(name))
    .map((name) => new BadRequest("unsupported_parameter", `Unsupported header '${name}': it cannot be expressed in the format of every provider.`));
}
