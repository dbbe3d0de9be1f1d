import type { ChatMessage, ContentPart, ImagePart, JsonObject, TextPart } from "../../kernel/chat.ts";
import { BadRequest } from "../core/contracts.ts";
import { type Fields, invalid, missing } from "./fields.ts";

/** A message's content: its text, and its parts where text alone does not say it. */
export interface Content {
  readonly content: string;
  readonly parts?: readonly ContentPart[];
}

/** The kinds of part that a format has at one place. */
export interface PartKinds {
  readonly texts: readonly string[];
  /** Absent: images are refused there. */
  readonly image?: { readonly type: string; readonly read: (part: Fields) => ImagePart };
}

const textFields: ReadonlySet<string> = new Set(["type", "text", "cache_control", "annotations", "logprobs", "citations"]);

/** A field that holds text, or an array of parts. A part of another kind is refused. */
export function readContent(owner: Fields, name: string, kinds: PartKinds): Content {
  const value = owner.get(name);
  if (typeof value === "string") return { content: value };
  const parts = Array.isArray(value) ? owner.objects(name) : null;
  if (parts === null) throw invalid(owner.at(name), "a string or an array of text parts");
  return contentOf(parts.flatMap((part) => part.attempt((): readonly ContentPart[] => [readPart(part, kinds)], [])));
}

/** Text alone needs no parts. */
export function contentOf(parts: readonly ContentPart[]): Content {
  const content = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return parts.every((part) => part.type === "text" && part.cacheControl === undefined) ? { content } : { content, parts };
}

/** The content with a cache mark that stands beside it. */
export function markedContent(content: Content, cacheControl: JsonObject | null): Content {
  const parts = content.parts ?? [{ type: "text", text: content.content } as const];
  const last = parts.at(-1);
  if (cacheControl === null || last === undefined) return content;
  return { content: content.content, parts: [...parts.slice(0, -1), { ...last, cacheControl }] };
}

function readPart(part: Fields, { texts, image }: PartKinds): ContentPart {
  const type = part.get("type");
  if (typeof type === "string" && texts.includes(type)) return type === "refusal" ? readRefusal(part) : readText(part);
  if (image !== undefined && type === image.type) return { ...image.read(part), ...cacheField(part) };
  const types = [...texts, ...(image === undefined ? [] : [image.type])];
  throw new BadRequest("unsupported_content", `Unsupported '${pathOf(part)}': this gateway supports parts of type '${types.join("' or '")}' only.`);
}

export function readText(part: Fields): TextPart {
  part.only(textFields);
  part.neutral("citations", []);
  const text = part.string("text");
  if (text === null) throw missing(part.at("text"));
  return { type: "text", text, ...cacheField(part) };
}

/** A part of OpenAI's formats. What the assistant said instead of an answer is its text. */
function readRefusal(part: Fields): TextPart {
  part.only(refusalFields);
  return { type: "text", text: part.requiredString("refusal") };
}

const refusalFields: ReadonlySet<string> = new Set(["type", "refusal"]);

export function cacheField(part: Fields): { readonly cacheControl?: JsonObject } {
  const mark = part.object("cache_control");
  return mark === null ? {} : { cacheControl: mark.json };
}

/** Where a part stands. */
export function pathOf(part: Fields): string {
  return part.at("type").replace(/\.type$/, "");
}

/** OpenAI names an image by one URL, which may hold the image itself, in lines as many encoders write it. */
export function imageOfUrl(url: string, detail: string | null): ImagePart {
  const [, mediaType, data] = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w=.-]+)*;base64,(.*)$/is.exec(url) ?? [];
  const source = mediaType === undefined || data === undefined ? ({ kind: "url", url } as const) : ({ kind: "base64", mediaType, data: data.includes("\n") ? data.replace(/\s+/g, "") : data } as const);
  return { type: "image", source, ...(detail !== null && detail !== "auto" && { detail }) };
}

/** The URL of an image, for formats that know no other way. */
export function urlOfImage({ source }: ImagePart): string {
  return source.kind === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
}

/** The beginnings of images, as base64. */
const beginnings: readonly (readonly [mediaType: string, beginning: RegExp])[] = [
  ["image/jpeg", /^\/9j\//],
  ["image/png", /^iVBORw0KGgo/],
  ["image/gif", /^R0lGOD/],
  ["image/webp", /^UklGR.{6}XRUJQ/],
];

/**
 * The kind of an image as its bytes say it. OpenAI looks at these alone. Others refuse an image that is called another
 * kind (vybestack/llxprt-code issue 2130), or by another name (`image/jpg`).
 */
export function mediaTypeOf({ mediaType, data }: Extract<ImagePart["source"], { kind: "base64" }>): string {
  return beginnings.find(([, beginning]) => beginning.test(data))?.[0] ?? mediaType.toLowerCase().replace(/^image\/jpg$/, "image/jpeg");
}

/** Formats that have no `detail` read an image as it is. */
const asItIs: ReadonlySet<string | undefined> = new Set([undefined, "high", "original"]);

/** What a format that has no `detail`, and reads only some kinds of image, lacks for the images of a request. */
export function lackingOfImages(messages: readonly ChatMessage[], mediaTypes: ReadonlySet<string>): readonly (readonly [name: string, isAsked: boolean])[] {
  const images = messages.flatMap(({ parts = [] }) => parts.filter((part) => part.type === "image"));
  return [
    ["messages[].content[].image_url.detail", images.some(({ detail }) => !asItIs.has(detail))],
    ["messages[].content[] (kind of image)", images.some(({ source }) => source.kind === "base64" && !mediaTypes.has(mediaTypeOf(source)))],
  ];
}
