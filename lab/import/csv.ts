import type { Readable } from "node:stream";
import { parse, type CsvError, type InfoRecord } from "csv-parse";
import { hasNoLength, noLengthReason, shown, type Problem, type Reading, type ReadSettings, type StatusEntry } from "./entry.ts";
import { impactExpected, impactOf } from "./impact.ts";
import { parseTime, timeExpected } from "./time.ts";
import { textUnknown } from "./unknown-format.ts";

const required = ["provider", "start_utc", "end_utc", "impact"] as const;

/** A quoted text without its closing quote would otherwise swallow the rest of the file. */
const rowCharsMax = 2 ** 20;

type Row = Readonly<Record<string, string>>;

/**
 * Rows of `provider,start_utc,end_utc,impact,components`, in any order of columns. `incident_id`, `title`, `url`,
 * `time_basis` and `dataset` are read where they are there, other columns are not. A row is left out when its end is
 * empty and its `time_basis` calls it unknown, and when its end is its start.
 */
export async function* readCsv(bytes: Readable, settings: ReadSettings & { readonly file: string }): AsyncGenerator<Reading> {
  const skipped: CsvError[] = [];
  /** The parser may find it before the rows in front of it are taken. */
  let unclosedQuote = false;
  /** Of what has been read. */
  let lastLine = 0;
  const onSkip = (error: CsvError | undefined): undefined => {
    if (unclosedQuote || error === undefined) return;
    const endless = error.code === "CSV_MAX_RECORD_SIZE";
    if (!endless && error.code !== "CSV_QUOTE_NOT_CLOSED") {
      skipped.push(error);
      return;
    }
    unclosedQuote = true;
    if (!endless) return;
    // What follows belongs to the same row: no more of the file is read.
    bytes.unpipe(parser).destroy();
    parser.end();
  };
  const parser = bytes.pipe(
    parse({ bom: true, info: true, trim: true, skip_empty_lines: true, relax_column_count: true, skip_records_with_error: true, max_record_size: rowCharsMax, on_skip: onSkip }),
  );
  bytes.once("error", (error) => parser.destroy(error));
  let header: readonly string[] | null = null;
  for await (const { record, info } of parser as AsyncIterable<{ record: readonly string[]; info: InfoRecord }>) {
    yield* skipped.splice(0).map(unreadable);
    const line = info.lines - record.join("").split("\n").length + 1;
    lastLine = info.lines;
    if (header !== null) {
      yield readRow(header, record, line, settings);
      continue;
    }
    header = record.map((name) => name.trim().toLowerCase());
    if (!header.some((name) => (required as readonly string[]).includes(name))) throw textUnknown(settings.file, record);
    const missing = required.filter((name) => !header!.includes(name) && !(name === "provider" && settings.provider !== null));
    if (missing.length > 0) {
      yield { kind: "bad", problems: missing.map((column) => ({ line, column, found: "no such column", expected: `a header with ${required.join(",")},components` })) };
      return;
    }
  }
  yield* skipped.map(unreadable);
  if (unclosedQuote) yield unclosed(lastLine + 1);
}

/** The row swallowed all that follows it: its own line is of use, that of the file's end is not. */
function unclosed(line: number): Reading {
  return { kind: "bad", problems: [{ line, column: "(row)", found: "a quote that is never closed, here or further down", expected: "a row of a CSV, with quotes in pairs" }] };
}

function unreadable(error: CsvError): Reading {
  const line = typeof error["lines"] === "number" ? error["lines"] : 1;
  const column = typeof error["column"] === "string" ? error["column"] : "(row)";
  return { kind: "bad", problems: [{ line, column, found: error.message.slice(0, 120), expected: "a row of a CSV, with quotes in pairs" }] };
}

function readRow(header: readonly string[], record: readonly string[], line: number, settings: ReadSettings): Reading {
  if (record.length !== header.length) {
    return { kind: "bad", problems: [{ line, column: "(row)", found: `${record.length} fields`, expected: `${header.length}, as the header has` }] };
  }
  const row: Row = Object.fromEntries(header.map((name, index) => [name, record[index]!.trim()]));
  const start = row["start_utc"]!;
  const end = row["end_utc"]!;
  const provider = settings.provider ?? row["provider"]!;
  const startMs = parseTime(start);
  const impact = impactOf(row["impact"]!);
  const problems: Problem[] = [];
  const report = (column: string, found: string, expected: string) => void problems.push({ line, column, found: shown(found), expected });
  if (provider === "") report("provider", provider, "a provider's name");
  if (startMs === null) report("start_utc", start, timeExpected);
  if (impact === null) report("impact", row["impact"]!, impactExpected);
  if (end === "" && problems.length === 0 && endIsUnknown(row)) return { kind: "left_out", line, name: nameOf(row), reason: `its end is unknown (${row["time_basis"]})` };
  const endMs = parseTime(end);
  if (endMs === null) report("end_utc", end, timeExpected);
  else if (startMs !== null && endMs < startMs) report("end_utc", end, `a time after ${start}`);
  const url = row["url"] || null;
  if (url !== null && !/^https?:\/\/\S+$/.test(url)) report("url", url, "an http or https URL");
  if (startMs === null || endMs === null || impact === null || problems.length > 0) return { kind: "bad", problems };
  if (hasNoLength(startMs, endMs)) return { kind: "left_out", line, name: nameOf(row), reason: noLengthReason };
  const components = (row["components"] ?? "").split(/[;|]/).map((name) => name.trim()).filter((name) => name !== "");
  // Page time, unless the file's `time_basis` is one of the impact: `impact_start/impact_end`.
  const basis = (row["time_basis"] ?? "").startsWith("impact") ? "impact" : "page";
  const entry: StatusEntry = {
    line,
    provider,
    id: row["incident_id"] || null,
    title: row["title"] || null,
    components,
    severity: row["impact"]!,
    spans: [{ startMs, endMs, impact }],
    times: { start: basis, end: basis, phases: basis },
    url,
    origin: row["dataset"] || null,
  };
  return { kind: "entry", entry };
}

function nameOf(row: Row): string | null {
  return row["incident_id"] || row["title"] || null;
}

/** `opened_at/unknown`, `ulid_created/open_at_snapshot`: how the start was found, and how the end. */
function endIsUnknown(row: Row): boolean {
  return /\/(unknown|open\w*)$/.test(row["time_basis"] ?? "");
}
