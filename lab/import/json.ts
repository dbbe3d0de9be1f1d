import type { Readable } from "node:stream";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { JsonElements, JsonShapeError, type JsonElement } from "../json-elements.ts";
import type { Reading, ReadSettings } from "./entry.ts";
import { googleCloudPage, isGoogleCloud, readGoogleCloud } from "./google-cloud.ts";
import { isIncidentIo, readIncidentIo } from "./incident-io.ts";
import { pageFacts, providerUnknown, type PageFacts } from "./page.ts";
import { readHistoryMonth } from "./statuspage-history.ts";
import { isStatuspage, readStatuspage } from "./statuspage.ts";
import { formatUnknown } from "./unknown-format.ts";
import { isUpptime, readUpptime } from "./upptime.ts";

interface JsonReader {
  /** Whether an object has the fields of the form. */
  fits(value: unknown): boolean;
  read(value: unknown, line: number, page: PageFacts): Reading;
}

/** The first that fits reads an object. */
const readers = {
  "google-cloud": { fits: isGoogleCloud, read: readGoogleCloud },
  upptime: { fits: isUpptime, read: readUpptime },
  "incident-io": { fits: isIncidentIo, read: readIncidentIo },
  statuspage: { fits: isStatuspage, read: readStatuspage },
} as const satisfies Record<string, JsonReader>;

export type JsonFormat = keyof typeof readers;

const jsonFormats = Object.keys(readers) as readonly JsonFormat[];

interface JsonSettings extends ReadSettings {
  readonly file: string;
  /** Null: each by its own fields. */
  readonly format: JsonFormat | null;
  /** The file again from its beginning: its page may come after its incidents. */
  again(): AsyncIterable<string>;
}

/** The incidents of a status page's JSON. Throws LabError `provider_unknown`, `import_format_unknown`. */
export async function* readJson(bytes: Readable, settings: JsonSettings): AsyncGenerator<Reading> {
  const elements = new JsonElements();
  let page: PageFacts | null = pageFacts({}, settings.provider);
  let searched = false;
  try {
    for await (const piece of bytes.setEncoding("utf8") as AsyncIterable<string>) {
      for (const element of elements.push(piece)) {
        if (element.kind === "page") {
          page = pageOf(element, settings) ?? page;
          continue;
        }
        if (page === null && !searched) {
          page = await laterPage(settings);
          searched = true;
        }
        yield* readElement(element, page, settings);
      }
    }
    elements.end();
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error;
    yield { kind: "bad", problems: [{ line: error.line, column: "(file)", found: error.message, expected: "the JSON of a status page's incidents" }] };
  }
}

function readElement(element: JsonElement, page: PageFacts | null, { format, file }: JsonSettings): readonly Reading[] {
  let value: unknown;
  try {
    value = valueOf(element);
  } catch (error) {
    return [{ kind: "bad", problems: [{ line: element.line, column: "(incident)", found: messageOf(error), expected: "a JSON object" }] }];
  }
  if (element.kind === "month") return readHistoryMonth(value, element.line, page ?? providerUnknown());
  const name = format ?? jsonFormats.find((candidate) => readers[candidate].fits(value));
  if (name === undefined) throw formatUnknown(file, value, element.line);
  return [readers[name].read(value, element.line, page ?? (name === "google-cloud" ? googleCloudPage : providerUnknown()))];
}

/** A page that stands behind its incidents; null where there is none. */
async function laterPage(settings: JsonSettings): Promise<PageFacts | null> {
  const elements = new JsonElements();
  for await (const piece of settings.again()) {
    for (const element of elements.push(piece)) if (element.kind === "page") return pageOf(element, settings);
  }
  return null;
}

/** Null for a page that cannot be read: the problem is reported at the incidents themselves. */
function pageOf(element: JsonElement, settings: ReadSettings): PageFacts | null {
  try {
    return pageFacts(valueOf(element), settings.provider);
  } catch (error) {
    if (error instanceof LabError) throw error;
    return null;
  }
}

const valueOf = (element: JsonElement): unknown => JSON.parse(element.text);
