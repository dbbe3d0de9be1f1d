import type { Json, JsonObject, LongText, RequestSource, Untranslatable, WireFormat } from "../../kernel/chat.ts";
import { firstTwice } from "../../kernel/first-twice.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Text, utf8TextStrict } from "../../kernel/utf8.ts";
import { BadRequest } from "../core/contracts.ts";
import { plainValue } from "../core/exact-json.ts";
import { type Member, membersOf } from "../core/json-text.ts";
import type { LongBody } from "../core/long-body.ts";
import { isTooDeep } from "../core/json-depth.ts";
import { asArray, asObject, parseExactObject } from "./json.ts";

function bodyObject(text: string): JsonObject {
  const object = parseExactObject(text);
  if (object === null) throw new BadRequest("invalid_json", isTooDeep(text) ? "The body is nested too deep." : "The body is not a JSON object.");
  return object;
}

/** A request of a format that deployments speak as well. */
export interface SourceFields {
  readonly fields: Fields;
  /** The request in its own words, once `fields` has been read. */
  readonly source: () => RequestSource;
  /** Of a body that was read in pieces. */
  readonly long: LongText | undefined;
}

/**
 * The body of a request that may travel in its own words: what is refused is recorded and not thrown, for a deployment
 * of the same format may know it. `headers` are those that belong to the request. The fields whose meaning the gateway
 * itself needs must come once: of two, the provider might read the other one.
 */
export function sourceFields(format: WireFormat, body: Uint8Array | LongBody, headers: Headers): SourceFields {
  const { text, members, long, object } = readBody(body);
  const twice = members.length === Object.keys(object).length ? undefined : firstTwice(members.map(({ name }) => name));
  if (twice !== undefined) throw new BadRequest("invalid_json", `The body has the field '${twice.slice(0, 80)}' twice.`);
  const refusals: Untranslatable[] = [];
  return { fields: new Fields(object, undefined, refusals), long, source: () => ({ format, text, members, ...(long !== undefined && { long }), headers, untranslatable: refusals }) };
}

/** Bytes that are no UTF-8 would reach the model as other characters. Nobody sends U+FFFD but by such a mistake. */
function requestText(body: Uint8Array): string {
  const text = utf8Text(body);
  if (text.includes("\uFFFD") && utf8TextStrict(body) === null) throw new BadRequest("invalid_json", "The body is not UTF-8.");
  return text;
}

interface ReadBody extends Pick<RequestSource, "text" | "long"> {
  readonly members: readonly Member[];
  readonly object: JsonObject;
}

function readBody(body: Uint8Array | LongBody): ReadBody {
  if (body instanceof Uint8Array) {
    const text = requestText(body);
    return { text, object: bodyObject(text), members: membersOf(text) };
  }
  const { outline, members, long, value } = body;
  return { text: outline, members, long, object: asObject(value) ?? bodyObject(outline) };
}

/**
 * Reads an object of a client's request. `null` counts as absent, as in OpenAI's API. A value of another type throws
 * `BadRequest`, whose message names the field by its whole path.
 */
export class Fields {
  readonly json: JsonObject;
  /** Where its object is. Asked for only where something is wrong: a conversation has hundreds of objects. */
  readonly #path: () => string;
  /** Where refusals are recorded. Null: they are thrown. */
  readonly #refusals: Untranslatable[] | null;

  constructor(json: JsonObject, path: () => string = () => "", refusals: Untranslatable[] | null = null) {
    this.json = json;
    this.#path = path;
    this.#refusals = refusals;
  }

  /** Refuses a part of the request. */
  refuse(error: BadRequest): void {
    if (this.#refusals === null) throw error;
    this.#refusals.push({ code: error.code, message: error.message });
  }

  /** What `read` returns. Where it refuses what it reads: `otherwise`. */
  attempt<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.refuse(error);
      return otherwise;
    }
  }

  /** The field's whole path: `messages[0].role`. */
  at(name: string): string {
    const path = this.#path();
    return path === "" ? name : `${path}.${name}`;
  }

  get(name: string): Json | null {
    return Object.hasOwn(this.json, name) ? plainValue(this.json[name] ?? null) : null;
  }

  /** Names of the fields that are present. */
  names(): readonly string[] {
    return Object.keys(this.json).filter((name) => this.get(name) !== null);
  }

  string(name: string): string | null {
    const value = this.get(name);
    if (value !== null && typeof value !== "string") throw invalid(this.at(name), "a string");
    return value;
  }

  requiredString(name: string): string {
    const value = this.get(name);
    if (value === null) throw missing(this.at(name));
    if (typeof value !== "string" || value === "") throw invalid(this.at(name), "a string that is not empty");
    return value;
  }

  boolean(name: string): boolean | null {
    const value = this.get(name);
    if (value !== null && typeof value !== "boolean") throw invalid(this.at(name), "a boolean");
    return value;
  }

  number(name: string, min: number, max: number): number | null {
    const value = this.get(name);
    if (value === null) return null;
    if (typeof value !== "number" || value < min || value > max) throw invalid(this.at(name), `a number from ${min} to ${max}`);
    return value;
  }

  whole(name: string, min: number): number | null {
    const value = this.get(name);
    if (value === null) return null;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min) throw invalid(this.at(name), `a whole number from ${min}`);
    return value;
  }

  object(name: string): Fields | null {
    const value = this.get(name);
    if (value === null) return null;
    const object = asObject(value);
    if (object === null) throw invalid(this.at(name), "an object");
    return new Fields(object, () => this.at(name), this.#refusals);
  }

  requiredObject(name: string): Fields {
    const object = this.object(name);
    if (object === null) throw missing(this.at(name));
    return object;
  }

  /** Null for absent. */
  objects(name: string): readonly Fields[] | null {
    const value = this.get(name);
    if (value === null) return null;
    return this.#list(name, value).map((_, index, list) => this.#element(name, list, index));
  }

  /**
   * The objects of a list, one after the other; none for absent. Each is taken out of the list once it has been read. A
   * list of 25,000 turns is in the old space, and would keep all of them alive until the next full collection.
   */
  *takeObjects(name: string): Generator<Fields, void> {
    const value = this.get(name);
    const list = value === null ? [] : this.#list(name, value);
    for (const index of list.keys()) {
      yield this.#element(name, list, index);
      list[index] = null;
    }
  }

  #list(name: string, value: Json): Json[] {
    if (asArray(value) === null) throw invalid(this.at(name), "an array");
    return value as Json[];
  }

  #element(name: string, list: readonly Json[], index: number): Fields {
    return elementOf(list[index]!, () => `${this.at(name)}[${index}]`, this.#refusals);
  }

  /** One string, or several; null for absent. */
  strings(name: string): readonly string[] | null {
    const value = this.get(name);
    if (value === null) return null;
    const list = typeof value === "string" ? [value] : asArray(value);
    if (list === null || !list.every((item) => typeof item === "string")) throw invalid(this.at(name), "a string or an array of strings");
    return list;
  }

  /** Refuses fields that are not `known`. */
  only(known: ReadonlySet<string>): void {
    for (const name in this.json) {
      if (!known.has(name) && this.get(name) !== null) this.refuse(new BadRequest("unknown_parameter", `Unknown parameter: '${this.at(name.slice(0, 80))}'.`));
    }
  }

  /** Refuses every value of a field except those that mean "the default". */
  neutral(name: string, ...values: readonly Json[]): void {
    const value = this.get(name);
    if (value === null || values.some((one) => JSON.stringify(one) === JSON.stringify(value))) return;
    this.refuse(unsupported(`Unsupported value of '${this.at(name)}': it cannot be expressed in the format of every provider.`));
  }
}

function elementOf(value: Json, path: () => string, refusals: Untranslatable[] | null): Fields {
  const object = asObject(value);
  if (object === null) throw invalid(path(), "an object");
  return new Fields(object, path, refusals);
}

export function invalid(path: string, expected: string): BadRequest {
  return new BadRequest("invalid_type", `Invalid '${path}': expected ${expected}.`);
}

export function missing(path: string): BadRequest {
  return new BadRequest("missing_required_parameter", `Missing required parameter: '${path}'.`);
}

export function unsupported(message: string): BadRequest {
  return new BadRequest("unsupported_parameter", message);
}
