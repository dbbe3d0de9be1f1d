import type { Json, JsonObject } from "../../kernel/chat.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { BadRequest } from "../core/contracts.ts";
import { isTooDeep } from "./json-depth.ts";
import { asArray, asObject, parseObject } from "./json.ts";

/** A request's body. Throws `BadRequest`. */
export function bodyFields(body: Uint8Array): Fields {
  const text = utf8Text(body);
  const object = parseObject(text);
  if (object === null) throw new BadRequest("invalid_json", isTooDeep(text) ? "The body is nested too deep." : "The body is not a JSON object.");
  return new Fields(object);
}

/**
 * Reads an object of a client's request. `null` counts as absent, as in OpenAI's API. A value of another type throws
 * `BadRequest`, whose message names the field by its whole path.
 */
export class Fields {
  readonly json: JsonObject;
  readonly #path: string;

  constructor(json: JsonObject, path = "") {
    this.json = json;
    this.#path = path;
  }

  /** The field's whole path: `messages[0].role`. */
  at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  get(name: string): Json | null {
    return Object.hasOwn(this.json, name) ? (this.json[name] ?? null) : null;
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
    return new Fields(object, this.at(name));
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
    const list = asArray(value);
    if (list === null) throw invalid(this.at(name), "an array");
    return list.map((item, index) => elementOf(item, `${this.at(name)}[${index}]`));
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
      if (!known.has(name) && this.get(name) !== null) throw new BadRequest("unknown_parameter", `Unknown parameter: '${this.at(name.slice(0, 80))}'.`);
    }
  }

  /** Refuses every value of a field except those that mean "the default". */
  neutral(name: string, ...values: readonly Json[]): void {
    const value = this.get(name);
    if (value === null || values.some((one) => JSON.stringify(one) === JSON.stringify(value))) return;
    throw unsupported(`Unsupported value of '${this.at(name)}': this gateway cannot pass it to every provider.`);
  }
}

function elementOf(value: Json, path: string): Fields {
  const object = asObject(value);
  if (object === null) throw invalid(path, "an object");
  return new Fields(object, path);
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
