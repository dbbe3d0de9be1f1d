import { invalidStream, invalidToxicType, toxicAlreadyExists } from "./api-error.ts";
import { asObject, field, floatField, integerField, stringField, type BodyObject, type BodyValue } from "./body.ts";
import { isToxicType, toxicAttributes, type ToxicSettings, type ToxicStream, type ToxicType } from "./toxics/settings.ts";

/** A toxic as the API returns it: the stream as it was sent, and 64-bit integers exact. */
export interface ShownToxic {
  readonly name: string;
  readonly type: ToxicType;
  readonly stream: string;
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, bigint>>;
}

/**
 * Reads the body of a new toxic. Checks in Toxiproxy's order: JSON types, stream, toxic type, name, attributes. Throws
 * ApiError or BodyError.
 */
export function readNewToxic(body: BodyValue, isTaken: (name: string) => boolean): ShownToxic {
  const object = asObject(body, "toxic");
  const attributes = asObject(field(object, "attributes") ?? null, "attributes");
  const type = stringField(object, "type", "");
  const stream = stringField(object, "stream", "downstream");
  const toxicity = floatField(object, "toxicity", 1);
  const name = stringField(object, "name", "") || `${type}_${stream}`;
  if (streamOf(stream) === null) throw invalidStream();
  if (!isToxicType(type)) throw invalidToxicType();
  if (isTaken(name)) throw toxicAlreadyExists();
  return { name, type, stream, toxicity, attributes: readAttributes(type, attributes, {}) };
}

/**
 * Reads an update: attributes (merged) and toxicity, other fields are ignored. Throws BodyError, and then changes
 * nothing.
 */
export function readToxicUpdate(old: ShownToxic, body: BodyValue): ShownToxic {
  const object = asObject(body, "toxic");
  const attributes = asObject(field(object, "attributes") ?? null, "attributes");
  const toxicity = floatField(object, "toxicity", old.toxicity);
  return { ...old, toxicity, attributes: readAttributes(old.type, attributes, old.attributes) };
}

/** The settings for the toxics' engine. */
export function settingsOf(toxic: ShownToxic): ToxicSettings {
  const attributes = Object.fromEntries(Object.entries(toxic.attributes).map(([name, value]) => [name, Number(value)]));
  return { name: toxic.name, type: toxic.type, stream: streamOf(toxic.stream) ?? "downstream", toxicity: toxic.toxicity, attributes };
}

function streamOf(text: string): ToxicStream | null {
  const stream = text.toLowerCase();
  return stream === "upstream" || stream === "downstream" ? stream : null;
}

function readAttributes(type: ToxicType, body: BodyObject, old: Readonly<Record<string, bigint>>): Record<string, bigint> {
  return Object.fromEntries(toxicAttributes[type].map((name) => [name, integerField(body, name, old[name] ?? 0n)]));
}
