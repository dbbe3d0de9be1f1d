import type { Json, JsonObject } from "../../kernel/chat.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";

/** The object in a body. Null for anything else. */
export function parseObject(body: Uint8Array): JsonObject | null {
  try {
    return asObject(JSON.parse(utf8Text(body)) as Json);
  } catch {
    return null;
  }
}

export function asObject(value: Json | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** Message content as text: a string, or the text parts of a list of parts. Null when it is neither. */
export function contentText(content: Json | undefined): string | null {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return null;
  const parts = (content as readonly Json[]).map((part) => asObject(part)?.["text"]);
  return parts.every((part) => typeof part === "string") ? parts.join("") : null;
}

export function jsonBytes(value: Json): Uint8Array {
  return utf8Bytes(JSON.stringify(value));
}

/** Error pages of a proxy in front of a provider. */
export function proxyPage(status: number, title: string): { contentType: string; text: string } {
  const heading = `${status} ${title}`;
  return {
    contentType: "text/html",
    text: `<html>\r\n<head><title>${heading}</title></head>\r\n<body>\r\n<center><h1>${heading}</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n`,
  };
}

const pageTitles: Readonly<Record<number, string>> = { 502: "Bad Gateway", 504: "Gateway Time-out" };

/** The proxy's page for a status that a proxy sends and not the provider. Null for any other status. */
export function proxyPageOf(status: number): { contentType: string; text: string } | null {
  if (status >= 520 && status !== 529) return proxyPage(status, "Origin Error");
  const title = pageTitles[status];
  return title === undefined ? null : proxyPage(status, title);
}

/** A field, and its name after contract drift. */
export type Drift = readonly [name: string, drifted: string];

/** JSON as the provider writes it. */
export function wireJson(value: Json, head: { readonly drifted: boolean }, drift: Drift): string {
  return driftedJson(JSON.stringify(value), head, drift);
}

/** The field of `drift` is a key wherever a colon follows it: inside strings its quotes are escaped. */
export function driftedJson(text: string, head: { readonly drifted: boolean }, [name, drifted]: Drift): string {
  return head.drifted ? text.replaceAll(`"${name}":`, `"${drifted}":`) : text;
}

/** Placeholder in a `template` for a part that varies. */
export const slot = "\u0000";

/**
 * Writes JSON that varies only in its slots, which are filled in order with JSON. Serialising all of it would be most
 * of an answer's cost.
 */
export function template(value: Json): (...fills: readonly (string | number)[]) => string {
  const [first, ...rest] = JSON.stringify(value).split(JSON.stringify(slot));
  return (...fills) => {
    let text = first!;
    for (let index = 0; index < rest.length; index++) text += fills[index]! + rest[index]!;
    return text;
  };
}

/** A text as JSON. Most texts need no escapes, and the check for that is cheaper than `JSON.stringify`. */
export function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

const plain = /^[ !#-[\]-~]*$/;

/**
 * The text before and after the one string that varies between a stream's events. Serialising each event would be most
 * of its cost.
 */
export function around(write: (text: string) => string): readonly [before: string, after: string] {
  const [before, after] = write(slot).split(JSON.stringify(slot));
  return [before!, after!];
}

/** The first half of a server-sent event, followed by the end of an event. */
export function halfEvent(event: Uint8Array): Uint8Array {
  const text = utf8Text(event);
  return utf8Bytes(`${text.slice(0, Math.floor(text.length / 2))}\n\n`);
}

export function withoutQuery(path: string): string {
  const at = path.indexOf("?");
  return at < 0 ? path : path.slice(0, at);
}

/** The decoded segments of a path after the origin. Null when they cannot be decoded. */
export function pathSegments(path: string): readonly string[] | null {
  try {
    return withoutQuery(path).split("/").slice(1).map(decodeURIComponent);
  } catch {
    return null;
  }
}
