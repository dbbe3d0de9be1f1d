import type { Readable } from "node:stream";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Reading, ReadSettings } from "./entry.ts";
import { isIncidentIo, readIncidentIo } from "./incident-io.ts";
import { JsonElements, JsonShapeError, type JsonElement } from "../json-elements.ts";
import { pageFacts, type PageFacts } from "./page.ts";
import { readStatuspage } from "./statuspage.ts";

export type JsonFormat = "statuspage" | "incident-io";

/** The incidents of a status page's JSON. `format` null: each by its own fields. Throws LabError `provider_unknown`. */
export async function* readJson(bytes: Readable, settings: ReadSettings & { readonly format: JsonFormat | null }): AsyncGenerator<Reading> {
  const elements = new JsonElements();
  let page: PageFacts | null = pageFacts({}, settings.provider);
  try {
    for await (const piece of bytes.setEncoding("utf8") as AsyncIterable<string>) {
      for (const element of elements.push(piece)) {
        if (element.kind === "page") page = pageOf(element, settings) ?? page;
        else yield readElement(element, page ?? providerUnknown(), settings.format);
      }
    }
    elements.end();
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error;
    yield { kind: "bad", problems: [{ line: error.line, column: "(file)", found: error.message, expected: "the JSON of a status page's incidents" }] };
  }
}

function readElement(element: JsonElement, page: PageFacts, format: JsonFormat | null): Reading {
  let value: unknown;
  try {
    value = valueOf(element);
  } catch (error) {
    return { kind: "bad", problems: [{ line: element.line, column: "(incident)", found: messageOf(error), expected: "a JSON object" }] };
  }
  const read = (format ?? (isIncidentIo(value) ? "incident-io" : "statuspage")) === "incident-io" ? readIncidentIo : readStatuspage;
  return read(value, element.line, page);
}

/** Null for a page that cannot be read: the problem is reported at the incidents themselves. */
function pageOf(element: JsonElement, settings: ReadSettings): PageFacts | null {
  try {
    return pageFacts(valueOf(element), settings.provider);
  } catch {
    return null;
  }
}

const valueOf = (element: JsonElement): unknown => JSON.parse(element.text);

function providerUnknown(): never {
  throw new LabError({
    exit: "refused",
    code: "provider_unknown",
    message: "Cannot import it: no `page` before its incidents names their provider",
    hint: "Name the provider: --provider openai",
  });
}
