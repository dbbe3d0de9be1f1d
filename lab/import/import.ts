import path from "node:path";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { LineLimits } from "../../kernel/text-file.ts";
import { hitApi } from "../../scenarios/faults/targets.ts";
import { fileLimits, readParts } from "../files.ts";
import { Interrupted } from "../live/interrupt.ts";
import { readCsv } from "./csv.ts";
import { withEffect, type LeftOut, type Problem, type Reading, type StatusEntry } from "./entry.ts";
import { IdBook } from "./ids.ts";
import { incidentOf } from "./incident-of.ts";
import { readFeed } from "./feed.ts";
import { joinComponents } from "./join-components.ts";
import { readJson, type JsonFormat } from "./json.ts";
import { isoTime } from "./time.ts";
import { openOut, type IncidentOut } from "./out.ts";

/**
 * `auto`: by what the file begins with, and by the fields of its objects. A Statuspage `history.json` is of the format
 * `statuspage`.
 */
export type ImportFormat = "auto" | JsonFormat | "feed" | "csv";

export interface ImportOptions {
  readonly file: string;
  readonly format: ImportFormat;
  /** A directory, or a file that ends in `.json`. */
  readonly out: string;
  /** Replaces the file's own; null: the file names it. */
  readonly provider: string | null;
  /** Refuses a file with a row that would be left out. */
  readonly strict?: boolean;
  /** Unix ms: no outage begins after it. */
  readonly nowMs?: number;
  /** Ends the import, and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

export interface ImportResult {
  readonly out: string;
  readonly imported: number;
  readonly byProvider: Readonly<Record<string, number>>;
  /** Rows that name further components of an incident of another row. */
  readonly joined: number;
  /** Of those imported: they hit web pages, a login or a product, and not the API. */
  readonly offApi: number;
  /** How many, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** The first hundred of each reason, in the order of the file. */
  readonly leftOutRows: readonly LeftOut[];
  /** The first that hit the API, for an example; null where none did. */
  readonly firstId: string | null;
}

/** Problems and rows that are listed one by one; the others are counted. */
const listedMax = 100;

/**
 * Reads a status page's history row by row and writes each outage as an incident; with a single bad row it writes none.
 * Memory does not grow with the file, but for the ids. Throws LabError `refused`: `import_unreadable`, `import_invalid`
 * (one line a problem), `import_empty`, `import_format_unknown`, `provider_unknown`, `out_not_empty`,
 * `out_not_writable`; and `Interrupted`.
 */
export async function importHistory(options: ImportOptions): Promise<ImportResult> {
  const format = options.format === "auto" ? guessFormat(options.file) : options.format;
  using out = openOut(options.out);
  const tally = new Tally();
  const again = () => partsOf(options, format === "csv" ? fileLimits.csv : fileLimits.json);
  const bytes = Readable.from(again(), { objectMode: false });
  const readings = readingsOf(bytes, format, { ...options, again, onJoined: () => void tally.joined++ });
  try {
    await take(readings, { out, tally, file: path.basename(options.file), strict: options.strict ?? false, nowMs: options.nowMs ?? Date.now(), signal: options.signal });
  } catch (error) {
    throw error instanceof LabError || error instanceof Interrupted ? error : unreadable(options.file, error);
  } finally {
    bytes.destroy();
  }
  if (tally.problemCount > 0) throw invalid(options.file, tally);
  if (tally.imported === 0 && tally.leftOut.size === 0) throw empty(options.file);
  out.keep();
  const { imported, joined, offApi, leftOutRows, firstId } = tally;
  return { out: options.out, imported, byProvider: Object.fromEntries(tally.byProvider), joined, offApi, leftOut: Object.fromEntries(tally.leftOut), leftOutRows, firstId };
}

interface ReadingOptions extends ImportOptions {
  /** The file again from its beginning. */
  again(): AsyncIterable<string>;
  onJoined(): void;
}

function readingsOf(bytes: Readable, format: Exclude<ImportFormat, "auto"> | "json", options: ReadingOptions): AsyncIterable<Reading> {
  if (format === "csv") return joinComponents(readCsv(bytes, options), () => options.onJoined());
  if (format === "feed") return readFeed(bytes, options);
  return readJson(bytes, { ...options, format: format === "json" ? null : format });
}

/**
 * A file without a row yields nothing to stop at, so an interrupt is looked for after each part, and the event loop
 * gets a turn in which it can come. Rejects with `FileError`, `Interrupted`.
 */
async function* partsOf({ file, signal }: ImportOptions, limits: LineLimits): AsyncGenerator<string> {
  for (const part of readParts(file, limits)) {
    await nextTurn();
    if (signal?.aborted === true) throw new Interrupted();
    yield part;
  }
}

/** What the rows have come to. */
class Tally {
  imported = 0;
  firstId: string | null = null;
  offApi = 0;
  joined = 0;
  readonly byProvider = new Map<string, number>();
  readonly leftOut = new Map<string, number>();
  readonly leftOutRows: LeftOut[] = [];
  readonly problems: Problem[] = [];
  problemCount = 0;

  add(problems: readonly Problem[]): void {
    this.problemCount += problems.length;
    this.problems.push(...problems.slice(0, Math.max(0, listedMax - this.problems.length)));
  }

  leaveOut({ line, reason, name }: LeftOut): void {
    this.count(this.leftOut, reason);
    if (this.leftOut.get(reason)! <= listedMax) this.leftOutRows.push({ line, reason, name });
  }

  count(counts: Map<string, number>, key: string): void {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
}

interface TakeOptions {
  readonly out: IncidentOut;
  readonly tally: Tally;
  readonly file: string;
  readonly strict: boolean;
  readonly nowMs: number;
  readonly signal: AbortSignal | undefined;
}

async function take(readings: AsyncIterable<Reading>, { out, tally, file, strict, nowMs, signal }: TakeOptions): Promise<void> {
  const ids = new IdBook();
  for await (const read of readings) {
    const reading = withEffect(read);
    if (signal?.aborted === true) throw new Interrupted();
    if (reading.kind === "bad") tally.add(reading.problems);
    else if (reading.kind === "left_out") {
      if (strict) tally.add([{ line: reading.line, column: "(row)", found: reading.reason, expected: "a row that can be played, since --strict was given" }]);
      else tally.leaveOut(reading);
    } else if (reading.entry.spans.at(-1)!.endMs > nowMs + clockMsMax) tally.add([inFuture(reading.entry)]);
    else {
      const { entry } = reading;
      const named = ids.take(entry);
      if ("problem" in named) tally.add([named.problem]);
      else if (tally.problemCount === 0) {
        const incident = incidentOf(entry, named.id, file);
        out.write(incident);
        tally.imported++;
        if (hitApi(incident)) tally.firstId ??= named.id;
        else tally.offApi++;
        tally.count(tally.byProvider, entry.provider);
      }
    }
  }
}

/** How far the clocks of pages and of this machine may differ. */
const clockMsMax = 24 * 3_600_000;

/** A year that was mistyped. */
function inFuture({ line, spans }: StatusEntry): Problem {
  return { line, column: "(times)", found: `${isoTime(spans[0]!.startMs)} to ${isoTime(spans.at(-1)!.endMs)}`, expected: "an outage that is over" };
}

/** JSON begins with a bracket, a feed with a tag. Throws LabError `import_unreadable`. */
function guessFormat(file: string): "csv" | "json" | "feed" {
  try {
    for (const part of readParts(file, fileLimits.json)) return /^\s*[[{]/.test(part) ? "json" : /^\s*<(\?xml|rss|feed)/.test(part) ? "feed" : "csv";
    return "csv";
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): LabError {
  return new LabError({ exit: "refused", code: "import_unreadable", message: `Cannot read "${file}": ${messageOf(error)}`, hint: "Give a status page's JSON, an Atom or RSS feed, or a CSV", cause: error });
}

function invalid(file: string, { problems, problemCount }: Tally): LabError {
  const lines = problems.toSorted((a, b) => a.line - b.line).map(({ line, column, found, expected }) => `  ${file}:${line} ${column}: found ${found}, expected ${expected}`);
  const more = problemCount > problems.length ? [`  and ${problemCount - problems.length} more`] : [];
  const count = problemCount === 1 ? "1 problem" : `${problemCount} problems`;
  return new LabError({
    exit: "refused",
    code: "import_invalid",
    message: `Cannot import "${file}": ${count}, and nothing was imported\n${[...lines, ...more].join("\n")}`,
    hint: "Correct these lines, or take them out; docs/import.md describes each column",
  });
}

function empty(file: string): LabError {
  return new LabError({ exit: "refused", code: "import_empty", message: `Cannot import "${file}": there is no outage in it`, hint: "Give a status page's JSON, an Atom or RSS feed, or a CSV" });
}
