import { isMap, isNode, LineCounter, parseDocument, visit, type Document } from "yaml";
import { messageOf } from "../../kernel/errors.ts";
import { pathText, type ConfigPath, type ConfigProblem } from "../config/problem.ts";

/** A file of settings, read. */
export interface SourceText {
  readonly value: unknown;
  /** `file:line:col path: message` of each problem. */
  located(problems: readonly ConfigProblem[]): readonly string[];
}

/**
 * Parses a file of settings, JSON by the extension `.json` and YAML by any other. Problems are `file:line:col message`,
 * one each.
 */
export function parseSource(text: string, file: string): SourceText | { readonly problems: readonly string[] } {
  const source = text.replace(/^\ufeff/, "");
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const syntax = syntaxProblems(source, file, document, at);
  if (syntax.length > 0) return { problems: syntax };
  const read = valueOf(document);
  if (read === null) return { problems: [`${at(0)} (root): Its aliases expand to too much`] };
  return {
    value: read.value,
    located: (problems) => problems.map(({ path, message, unknownKey }) => `${at(offsetOf(document, path, unknownKey))} ${pathText(path)}: ${message}`),
  };
}

/** An unknown tag (`!env KEY`) is a mistake, because its text would be used literally. */
function syntaxProblems(source: string, file: string, document: Document, at: (offset: number) => string): string[] {
  const problems = [...document.errors, ...document.warnings].map((error) => {
    const start = error.linePos?.[0] ?? { line: 1, col: 1 };
    return `${file}:${start.line}:${start.col} ${error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "")}`;
  });
  if (problems.length > 0) return problems;
  if (!file.endsWith(".json")) return aliasProblems(document, at);
  const mistake = jsonMistake(source);
  return mistake === null ? [] : [`${at(mistake.offset)} not JSON, although its name ends in .json: ${mistake.message}`];
}

/**
 * An alias without a target is mostly a text without its quotes, such as the team `*`. It is not quoted in the message:
 * it may be a key.
 */
function aliasProblems(document: Document, at: (offset: number) => string): string[] {
  const problems: string[] = [];
  visit(document, {
    Alias: (_, alias, parents) => {
      const target = alias.resolve(document);
      const message = target === undefined ? "An alias without an anchor: quote a text that begins with *" : "An alias within its own anchor";
      if (target === undefined || parents.includes(target)) problems.push(`${at(alias.range?.[0] ?? 0)} ${message}`);
    },
  });
  return problems;
}

/** Null: aliases that refer to each other expand to more than any config holds. */
function valueOf(document: Document): { value: unknown } | null {
  try {
    return { value: document.toJS() };
  } catch (error) {
    if (error instanceof ReferenceError) return null;
    throw error;
  }
}

/** Null: it is JSON. */
function jsonMistake(source: string): { offset: number; message: string } | null {
  const message = jsonError(source);
  if (message === null) return null;
  /**
   * The shortest prefix that no continuation could make valid ends with the mistake: V8 does not always report its
   * position.
   */
  let [low, high] = [0, source.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isUnfinished(source.slice(0, middle))) low = middle + 1;
    else high = middle;
  }
  return { offset: Math.max(0, low - 1), message: message.replace(/ in JSON at position \d+.*$/s, "") };
}

function isUnfinished(source: string): boolean {
  const message = jsonError(source);
  return message === null || /^Unexpected end|^Unterminated/.test(message) || message.includes(` at position ${source.length} `);
}

/** V8 quotes the text around the mistake, which may be a key. */
function jsonError(source: string): string | null {
  try {
    JSON.parse(source);
    return null;
  } catch (error) {
    return messageOf(error).replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, "");
  }
}

/**
 * The offset of `path` in the source, or of its nearest parent that exists. With `key`, that of the key in the map at
 * `path`.
 */
function offsetOf(document: Document, path: ConfigPath, key?: string): number {
  const at = (length: number): unknown => (length === 0 ? document.contents : document.getIn(path.slice(0, length), true));
  const map = at(path.length);
  if (key !== undefined && isMap(map)) {
    const pair = map.items.find((item) => isNode(item.key) && String(item.key) === key);
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = path.length; length >= 0; length--) {
    const node = at(length);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
