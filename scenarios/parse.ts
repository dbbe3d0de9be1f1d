import { isMap, isNode, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { LabError, messageOf } from "../kernel/errors.ts";
import { setOverrides, type Override } from "./overrides.ts";
import { scenarioSchema, type Scenario } from "./schema.ts";

export type { Override } from "./overrides.ts";

/**
 * A scenario from the text of its YAML file, defaults filled in, with `--set` overrides applied before validation. Throws `LabError`
 * `scenario_invalid` whose message has one line a problem, `file:line:col path: message`.
 */
export function parseScenario(text: string, file: string, overrides: readonly Override[] = []): Scenario {
  const lines = new LineCounter();
  const document = readDocument(text, file, lines);
  setOverrides(document, overrides);
  const parsed = scenarioSchema.safeParse(valueOf(document, file));
  if (parsed.success) return parsed.data;
  throw invalid(file, parsed.error.issues.map((issue) => describe({ issue, document, lines, file, overrides })));
}

/** The file's text with the overrides applied, comments kept: what a run directory stores. Throws as `parseScenario` does. */
export function scenarioText(text: string, file: string, overrides: readonly Override[]): string {
  if (overrides.length === 0) return text;
  const document = readDocument(text, file, new LineCounter());
  setOverrides(document, overrides);
  return document.toString({ lineWidth: 0 });
}

function readDocument(text: string, file: string, lines: LineCounter): Document {
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true, logLevel: "error" });
  if (document.errors.length === 0) return document as Document;
  throw invalid(
    file,
    document.errors.map((error) => {
      const at = error.linePos?.[0];
      return `${file}:${at?.line ?? 1}:${at?.col ?? 1} (yaml): ${error.message.split("\n")[0]!.replace(/ at line .*$/, "")}`;
    }),
  );
}

/** An alias that leads nowhere, or too many of them, shows only when the document is read out. */
function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw invalid(file, [`${file}:1:1 (yaml): ${messageOf(error)}`]);
  }
}

function invalid(file: string, problems: readonly string[]): LabError {
  return new LabError({
    exit: "refused",
    code: "scenario_invalid",
    message: `Cannot use scenario "${file}":\n${problems.map((line) => `  ${line}`).join("\n")}`,
    hint: "Correct the file, or see what each field means in scenarios/scenario.schema.json.",
  });
}

interface Place {
  readonly issue: z.core.$ZodIssue;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly file: string;
  readonly overrides: readonly Override[];
}

function describe({ issue, document, lines, file, overrides }: Place): string {
  const path = issue.path.map(String).join(".");
  const override = overrides.find((candidate) => path === candidate.path || path.startsWith(`${candidate.path}.`));
  const text = `${path === "" ? "(root)" : path}: ${issue.message}`;
  if (override !== undefined) return `--set ${override.path}=${override.value} ${text}`;
  const unknownKey = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const { line, col } = lines.linePos(offsetOf(document, issue.path, unknownKey));
  return `${file}:${line}:${col} ${text}`;
}

/** Where the value at `path` stands in the text; its nearest parent when it is missing, the key itself when the key is not known. */
function offsetOf(document: Document, path: readonly PropertyKey[], unknownKey: string | undefined): number {
  if (unknownKey !== undefined) {
    const parent = path.length === 0 ? document.contents : document.getIn(path, true);
    const key = isMap(parent) ? parent.items.find((item) => isNode(item.key) && String(item.key) === unknownKey)?.key : undefined;
    if (isNode(key) && key.range) return key.range[0];
  }
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
