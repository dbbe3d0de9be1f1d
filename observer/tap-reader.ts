import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { z } from "zod";
import { messageOf } from "../kernel/errors.ts";
import type { TapHeader, TapName } from "../kernel/records.ts";
import { headerSchema, trailerSchema } from "./record-schemas.ts";

/** What a tap's header must say. */
export interface ExpectedTap {
  /** File name without its extension. */
  readonly file: string;
  readonly tap: TapName;
  readonly run: string;
  readonly seed: number;
}

export interface TapReading<R> {
  /** Null: it had none that could be read. */
  readonly header: TapHeader | null;
  /** Every record up to the first that is damaged. */
  readonly records: readonly R[];
  /** What is wrong, in plain words, and on which line; empty for a tap that is whole. */
  readonly faults: readonly string[];
}

/** Reads a tap of bytes: header, records without a gap, a trailer whose count and sha256 are right, nothing behind it (kernel/records.ts). */
export function readTap<R>(path: string, expected: ExpectedTap, schema: z.ZodType<R>): TapReading<R> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return { header: null, records: [], faults: [`tap ${expected.file} ${missing ? "is missing" : `cannot be read: ${messageOf(error)}`}`] };
  }
  return new TapParser(expected, schema).read(bytes);
}

class TapParser<R> {
  readonly #expected: ExpectedTap;
  readonly #schema: z.ZodType<R>;
  readonly #records: R[] = [];
  readonly #faults: string[] = [];
  #header: TapHeader | null = null;
  #closed = false;

  constructor(expected: ExpectedTap, schema: z.ZodType<R>) {
    this.#expected = expected;
    this.#schema = schema;
  }

  read(bytes: Buffer): TapReading<R> {
    let from = 0;
    for (let line = 1; from < bytes.length && this.#faults.length === 0; line++) {
      const end = bytes.indexOf(0x0a, from);
      if (end < 0) this.#fault(line, "is cut in the middle");
      else this.#take(line, bytes.toString("utf8", from, end), () => bytes.subarray(0, from));
      from = end < 0 ? bytes.length : end + 1;
    }
    if (this.#faults.length === 0 && this.#header === null) this.#faults.push(`tap ${this.#expected.file} is empty`);
    else if (this.#faults.length === 0 && !this.#closed) this.#faults.push(`tap ${this.#expected.file} has no trailer: it was not closed`);
    return { header: this.#header, records: this.#records, faults: this.#faults };
  }

  #take(line: number, text: string, before: () => Buffer): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#fault(line, "is not JSON");
      return;
    }
    if (this.#closed) this.#fault(line, "comes after the trailer");
    else if (line === 1) this.#takeHeader(value);
    else if (typeOf(value) === "trailer") this.#takeTrailer(line, value, before());
    else this.#takeRecord(line, value);
  }

  #takeHeader(value: unknown): void {
    const parsed = headerSchema.safeParse(value);
    if (!parsed.success) {
      this.#fault(1, "is not a header");
      return;
    }
    this.#header = parsed.data;
    for (const key of ["tap", "run", "seed"] as const) {
      if (parsed.data[key] !== this.#expected[key]) this.#fault(1, `says ${key} ${parsed.data[key]} where ${this.#expected[key]} was expected`);
    }
  }

  #takeRecord(line: number, value: unknown): void {
    const { sequence } = value as { sequence?: unknown };
    if (typeOf(value) !== "record") this.#fault(line, "is neither a record nor a trailer");
    else if (sequence !== this.#records.length) this.#fault(line, `has number ${String(sequence)} where ${this.#records.length} was expected`);
    else {
      const parsed = this.#schema.safeParse(value);
      if (parsed.success) this.#records.push(parsed.data);
      else this.#fault(line, `is not a ${this.#expected.tap} record (${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message})`);
    }
  }

  #takeTrailer(line: number, value: unknown, before: Buffer): void {
    this.#closed = true;
    const parsed = trailerSchema.safeParse(value);
    if (!parsed.success) this.#fault(line, "is not a trailer");
    else if (parsed.data.count !== this.#records.length) this.#fault(line, `counts ${parsed.data.count} records where ${this.#records.length} are there`);
    else if (parsed.data.sha256 !== createHash("sha256").update(before).digest("hex")) this.#fault(line, "has a sha256 that is not that of the bytes before it");
  }

  #fault(line: number, what: string): void {
    this.#faults.push(`tap ${this.#expected.file}, line ${line}, ${what}`);
  }
}

function typeOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { type?: unknown }).type : undefined;
}
