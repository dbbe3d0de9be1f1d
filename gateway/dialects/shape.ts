import type { Json } from "../../kernel/chat.ts";
import { ContractBreach } from "../core/contracts.ts";
import { asArray, asObject } from "./json.ts";

/**
 * The shape that a provider's JSON must have for the gateway to read it. A shape throws `ContractBreach`, which names
 * the place and the types and never quotes a value. Fields that a shape does not name may come and go: providers add
 * some every month.
 */
export type Shape = (value: Json | undefined, path: string) => void;

export const aString: Shape = (value, path) => {
  if (typeof value !== "string") throw breach(path, "a string", value);
};

export const aNumber: Shape = (value, path) => {
  if (typeof value !== "number") throw breach(path, "a number", value);
};

export const anObject: Shape = (value, path) => {
  if (asObject(value) === null) throw breach(path, "an object", value);
};

/** Exactly this string. */
export function literally(text: string): Shape {
  return (value, path) => {
    if (value !== text) throw breach(path, `"${text}"`, value);
  };
}

/** Absent, null, or of the shape. */
export function optional(shape: Shape): Shape {
  return (value, path) => {
    if (value !== undefined && value !== null) shape(value, path);
  };
}

/** Present, and null or of the shape. */
export function nullable(shape: Shape): Shape {
  return (value, path) => {
    if (value !== null) shape(value, path);
  };
}

export function arrayOf(shape: Shape): Shape {
  return (value, path) => {
    const list = asArray(value);
    if (list === null) throw breach(path, "an array", value);
    for (let index = 0; index < list.length; index++) {
      /** A place is named only when it is wrong: a chunk may have thousands of calls. */
      try {
        shape(list[index], "");
      } catch {
        shape(list[index], `${path}[${index}]`);
      }
    }
  };
}

/**
 * An array of numbers. A vector has thousands, and there may be thousands of vectors, so a place is named only when it
 * is wrong.
 */
export const numbers: Shape = (value, path) => {
  const list = asArray(value);
  if (list === null) throw breach(path, "an array", value);
  const at = list.findIndex((item) => typeof item !== "number");
  if (at !== -1) throw breach(`${path}[${at}]`, "a number", list[at]);
};

export function objectOf(fields: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(fields);
  return (value, path) => {
    const object = asObject(value);
    if (object === null) throw breach(path, "an object", value);
    for (const [name, shape] of entries) shape(object[name], path === "" ? name : `${path}.${name}`);
  };
}

/**
 * An object that is empty, or has at least one of the fields that identify its kind: one with only other fields has
 * changed its names.
 */
export function withOneOf(...names: readonly string[]): Shape {
  return (value, path) => {
    const object = asObject(value);
    if (object === null) throw breach(path, "an object", value);
    const keys = Object.keys(object);
    if (keys.length > 0 && !keys.some((key) => names.includes(key))) throw new ContractBreach(path, `one of ${names.join(", ")}`, "other fields");
  };
}

/** All of the shapes. */
export function both(...shapes: readonly Shape[]): Shape {
  return (value, path) => {
    for (const shape of shapes) shape(value, path);
  };
}

/** The shape for a field's value. A value that is not listed is not checked further. */
export function byField(field: string, shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, path) => {
    objectOf({ [field]: aString })(value, path);
    const kind = asObject(value)![field] as string;
    if (Object.hasOwn(shapes, kind)) shapes[kind]!(value, path);
  };
}

function breach(path: string, expected: string, value: Json | undefined): ContractBreach {
  return new ContractBreach(path === "" ? "(root)" : path, expected, kindOf(value));
}

function kindOf(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
