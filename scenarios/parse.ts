import { isMap, isNode, LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { LabError, messageOf } from "../kernel/errors.ts";
import { setOverrides, type Override } from "./overrides.ts";
import { problemsOf, withSuggestion, type Problem } from "./problems.ts";
import { schemaNode } from "./schema-node.ts";
import { scenarioSchema, type Scenario } from "./schema.ts";
import { stackSchema, type Stack } from "./stack-schema.ts";
import { aliasedMax, depthExcessOf, excessOf, tooManyAliased, type Excess } from "./yaml-limits.ts";

export type { Override } from "./overrides.ts";
export type { Problem } from "./problems.ts";

/** A kind of file that people write. */
export interface FileKind<Schema extends z.ZodType> {
  /** `scenario`, `stack`: in messages, and in the error's code. */
  readonly name: string;
  readonly schema: Schema;
  /** Where fields that this kind does not have have gone, by their name at the top of the file. */
  readonly moved?: Readonly<Record<string, string>>;
  /** What stands before its paths in `--set`. */
  readonly setPrefix: string;
}

export const scenarioFile = {
  name: "scenario",
  schema: scenarioSchema,
  setPrefix: "",
  moved: {
    gateway: "The gateway is a stack's: write it in a file of scenarios/stacks, or --set stack.gateway…",
    system: "The system under test is a stack's: write external in a stack file and name it with --stack (docs/own-gateway.md)",
    cacheDeclared: "Whether answers may come from a cache is the stack's: gateway.cache, or external.answersFromCache",
  },
} as const satisfies FileKind<typeof scenarioSchema>;

export const stackFile = { name: "stack", schema: stackSchema, setPrefix: "stack." } as const satisfies FileKind<typeof stackSchema>;

/**
 * A text from which a file's was made: a stack's own and those that it extends, its own first. Problems are placed in
 * them.
 */
export interface TextPart {
  readonly shown: string;
  readonly text: string;
}

/**
 * A file from its YAML text, defaults filled in, with `--set` overrides applied before validation. Throws `LabError`
 * `scenario_invalid` or `stack_invalid`, whose message has one line a problem, `file:line:col path: message`.
 */
export function parseFile<Schema extends z.ZodType>(kind: FileKind<Schema>, text: string, file: string, overrides: readonly Override[] = [], parts: readonly TextPart[] = []): z.infer<Schema> {
  const lines = new LineCounter();
  const document = readDocument(kind, text, file, lines);
  setOverrides(document, overrides, kind);
  const documents = documentsOf({ document, lines, file }, parts);
  const value = valueOf(kind, document, file);
  const parsed = kind.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const schema = schemaNode(kind.schema);
  const problems = problemsOf(parsed.error.issues).map((problem) => withSuggestion(problem, schema, value));
  throw invalid(kind, file, problems.map((problem) => describe({ problem, documents, overrides, kind })));
}

/**
 * Problems that others found in the file, such as the gateway in its section of a stack: each placed as those of the
 * file's own schema are.
 */
export function refusal(kind: FileKind<z.ZodType>, text: string, file: string, overrides: readonly Override[], problems: readonly Problem[], parts: readonly TextPart[] = []): LabError {
  const lines = new LineCounter();
  const document = readDocument(kind, text, file, lines);
  setOverrides(document, overrides, kind);
  const documents = documentsOf({ document, lines, file }, parts);
  return invalid(kind, file, problems.map((problem) => describe({ problem, documents, overrides, kind })));
}

/**
 * Where the value at a path of the file stands, as the lines of a refusal begin: `file:line:col path`, or the override
 * that set it.
 */
export function placeOf(kind: FileKind<z.ZodType>, text: string, file: string, overrides: readonly Override[], path: Problem["path"], parts: readonly TextPart[] = []): string {
  const lines = new LineCounter();
  const document = readDocument(kind, text, file, lines);
  setOverrides(document, overrides, kind);
  const documents = documentsOf({ document, lines, file }, parts);
  return describe({ problem: { path, message: "" }, documents, overrides, kind }).replace(/: $/, "");
}

export const parseScenario = (text: string, file: string, overrides: readonly Override[] = []): Scenario => parseFile(scenarioFile, text, file, overrides);

export const parseStack = (text: string, file: string, overrides: readonly Override[] = [], parts: readonly TextPart[] = []): Stack => parseFile(stackFile, text, file, overrides, parts);

/**
 * The file's text with the overrides applied, comments kept: what a run directory stores. Throws as `parseFile` does.
 */
export function overriddenText(kind: FileKind<z.ZodType>, text: string, file: string, overrides: readonly Override[]): string {
  if (overrides.length === 0) return text;
  const document = readDocument(kind, text, file, new LineCounter());
  setOverrides(document, overrides, kind);
  return document.toString({ lineWidth: 0 });
}

function readDocument(kind: FileKind<z.ZodType>, text: string, file: string, lines: LineCounter): Document {
  const tooMuch = ({ offset, message }: Excess) => invalid(kind, file, [`${file}:${placeAt(text, offset)} (yaml): ${message}`]);
  const excess = excessOf(text);
  if (excess !== null) throw tooMuch(excess);
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true, logLevel: "error" }) as Document;
  if (document.errors.length === 0) {
    const depthExcess = depthExcessOf(document);
    if (depthExcess === null) return document;
    throw tooMuch(depthExcess);
  }
  throw invalid(
    kind,
    file,
    document.errors.map((error) => {
      const at = error.linePos?.[0];
      return `${file}:${at?.line ?? 1}:${at?.col ?? 1} (yaml): ${error.message.split("\n")[0]!.replace(/ at line .*$/, "")}`;
    }),
  );
}

/** `line:column`, each from 1. */
function placeAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `${before.split("\n").length}:${offset - before.lastIndexOf("\n")}`;
}

/** An alias that leads nowhere, or too many of them, shows only when the document is read out. */
function valueOf(kind: FileKind<z.ZodType>, document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasedMax });
  } catch (error) {
    throw invalid(kind, file, [`${file}:1:1 (yaml): ${messageOf(error).replace(/^Excessive alias count.*/, tooManyAliased)}`]);
  }
}

function invalid(kind: FileKind<z.ZodType>, file: string, problems: readonly string[]): LabError {
  return new LabError({
    exit: "refused",
    code: `${kind.name}_invalid`,
    message: `Cannot use ${kind.name} "${file}":\n${problems.map((line) => `  ${line}`).join("\n")}`,
    hint: `Correct the file; docs/reference.md and scenarios/${kind.name}.schema.json have each field with its meaning.`,
  });
}

/** A text that is read, and where its lines begin. */
interface Located {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly file: string;
}

/** Where problems are placed: in the parts where there are any. Parts have been read before, so they can be. */
function documentsOf(whole: Located, parts: readonly TextPart[]): readonly Located[] {
  if (parts.length === 0) return [whole];
  return parts.map(({ shown, text }) => {
    const lines = new LineCounter();
    return { document: parseDocument(text, { lineCounter: lines, stringKeys: true, logLevel: "silent" }) as Document, lines, file: shown };
  });
}

interface Description {
  readonly problem: Problem;
  readonly documents: readonly Located[];
  readonly overrides: readonly Override[];
  readonly kind: FileKind<z.ZodType>;
}

function describe({ problem, documents, overrides, kind }: Description): string {
  const { unknownKey } = problem;
  const path = problem.path.map(String).join(".");
  const whole = [...problem.path.map(String), ...(unknownKey === undefined ? [] : [unknownKey])].join(".");
  const override = overrides.find((candidate) => whole === candidate.path || whole.startsWith(`${candidate.path}.`));
  const gone = path === "" && unknownKey !== undefined ? kind.moved?.[unknownKey] : undefined;
  const text = `${path === "" ? "(root)" : path}: ${gone === undefined ? problem.message : `Unrecognized key: "${unknownKey}". ${gone}`}`;
  if (override !== undefined) return `--set ${kind.setPrefix}${override.path}=${override.value} ${text}`;
  return `${placeIn(documents, problem)} ${text}`;
}

/** `file:line:col` in the document that has most of the problem's path; of equals, in the first. */
function placeIn(documents: readonly Located[], { path, unknownKey }: Problem): string {
  const found = documents.map(({ document, lines, file }) => ({ ...nearest(document, path, unknownKey), lines, file }));
  const { offset, lines, file } = found.reduce((best, next) => (next.depth > best.depth ? next : best));
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

/**
 * Where the value at `path` stands in the text; its nearest parent when it is missing, the key itself when the key is
 * not known.
 */
function nearest(document: Document, path: readonly PropertyKey[], unknownKey: string | undefined): { readonly offset: number; readonly depth: number } {
  if (unknownKey !== undefined) {
    const parent = path.length === 0 ? document.contents : document.getIn(path, true);
    const key = isMap(parent) ? parent.items.find((item) => isNode(item.key) && String(item.key) === unknownKey)?.key : undefined;
    if (isNode(key) && key.range) return { offset: key.range[0], depth: path.length + 1 };
  }
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return { offset: node.range[0], depth: length };
  }
  return { offset: 0, depth: 0 };
}
