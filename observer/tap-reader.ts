import { createHash } from "node:crypto";
import type { z } from "zod";
import type { TapHeader, TapName } from "../kernel/records.ts";
import { FileError, type FileLine } from "../kernel/text-file.ts";
import { utf8TextStrict } from "../kernel/utf8.ts";
import { readLines, tapLimits } from "./files.ts";
import { headerSchema, trailerSchema } from "./record-schemas.ts";

/** What a tap's header must hold. */
export interface ExpectedTap {
  /** File name without its extension. */
  readonly file: string;
  readonly tap: TapName;
  readonly run: string;
  readonly seed: number;
  /** Requests of the run, which limit the tap's size. */
  readonly offered: number;
  /** More records than a run could leave are not read. */
  readonly recordsMax: number;
}

export interface TapReading<R> {
  /** Null: it had none that could be read. */
  readonly header: TapHeader | null;
  /** Every record up to the first that is damaged. */
  readonly records: readonly R[];
  /** What is wrong, in plain words, and on which line; empty for a tap that is whole. */
  readonly faults: readonly string[];
}

/**
 * Reads a tap line by line: header, records without a gap, a trailer whose count and sha256 are right, nothing behind
 * it (kernel/records.ts). It stops at the first line that is damaged or over the limit, so that its memory is that of
 * the records before it.
 */
export function readTap<R>(path: string, expected: ExpectedTap, schema: z.ZodType<R>): TapReading<R> {
  const parser = new TapParser(expected, schema);
  try {
    for (const line of readLines(path, tapLimits(expected.offered))) {
      parser.take(line);
      if (parser.isDamaged) break;
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    parser.stop(error);
  }
  return parser.end();
}

class TapParser<R> {
  readonly #expected: ExpectedTap;
  readonly #schema: z.ZodType<R>;
  readonly #records: R[] = [];
  readonly #faults: string[] = [];
  /** Of every byte up to the trailer. */
  readonly #hash = createHash("sha256");
  #header: TapHeader | null = null;
  #closed = false;

  constructor(expected: ExpectedTap, schema: z.ZodType<R>) {
    this.#expected = expected;
    this.#schema = schema;
  }

  get isDamaged(): boolean {
    return this.#faults.length > 0;
  }

  take({ number, bytes, ended }: FileLine): void {
    if (!ended) return this.#fault(number, "is cut in the middle");
    const text = utf8TextStrict(bytes);
    if (text === null) return this.#fault(number, "is not UTF-8 text");
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return this.#fault(number, "is not JSON");
    }
    if (this.#closed) this.#fault(number, "comes after the trailer");
    else if (number === 1) this.#takeHeader(value);
    else if (typeOf(value) === "trailer") this.#takeTrailer(number, value);
    else this.#takeRecord(number, value);
    this.#hash.update(bytes).update("\n");
  }

  /** The file cannot be read, or not to its end. */
  stop({ problem, message }: FileError): void {
    const { file } = this.#expected;
    this.#faults.push(problem === "missing" ? `tap ${file} is missing` : `tap ${file} cannot be read: ${message}`);
  }

  end(): TapReading<R> {
    if (!this.isDamaged && this.#header === null) this.#faults.push(`tap ${this.#expected.file} is empty`);
    else if (!this.isDamaged && !this.#closed) this.#faults.push(`tap ${this.#expected.file} has no trailer: it was not closed`);
    return { header: this.#header, records: this.#records, faults: this.#faults };
  }

  #takeHeader(value: unknown): void {
    const parsed = headerSchema.safeParse(value);
    if (!parsed.success) {
      this.#fault(1, "is not a header");
      return;
    }
    this.#header = parsed.data;
    for (const key of ["tap", "run", "seed"] as const) {
      if (parsed.data[key] !== this.#expected[key]) this.#fault(1, `has ${key} ${parsed.data[key]} where ${this.#expected[key]} was expected`);
    }
  }

  #takeRecord(line: number, value: unknown): void {
    const { sequence } = value as { sequence?: unknown };
    if (this.#records.length === this.#expected.recordsMax) this.#fault(line, `is one record more than the ${this.#expected.recordsMax} that such a run can leave`);
    else if (typeOf(value) !== "record") this.#fault(line, "is neither a record nor a trailer");
    else if (sequence !== this.#records.length) this.#fault(line, `has number ${String(sequence)} where ${this.#records.length} was expected`);
    else {
      const parsed = this.#schema.safeParse(value);
      if (parsed.success) this.#records.push(parsed.data);
      else this.#fault(line, `is not a ${this.#expected.tap} record (${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message})`);
    }
  }

  #takeTrailer(line: number, value: unknown): void {
    this.#closed = true;
    const parsed = trailerSchema.safeParse(value);
    if (!parsed.success) this.#fault(line, "is not a trailer");
    else if (parsed.data.count !== this.#records.length) this.#fault(line, `counts ${parsed.data.count} records where ${this.#records.length} are there`);
    else if (parsed.data.sha256 !== this.#hash.copy().digest("hex")) this.#fault(line, "has a sha256 that is not that of the bytes before it");
  }

  #fault(line: number, what: string): void {
    this.#faults.push(`tap ${this.#expected.file}, line ${line}, ${what}`);
  }
}

function typeOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { type?: unknown }).type : undefined;
}
