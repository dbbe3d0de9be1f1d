import { readFileSync } from "node:fs";
import { isMap, isNode, LineCounter, parseDocument, type Document } from "yaml";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { GatewayConfig } from "../core/config.ts";
import { validateGateway } from "../core/validate.ts";
import { sharedCacheProblems } from "./answers-schema.ts";
import { fileSchema, type GatewayFile } from "./config-schema.ts";
import { builtinPrices, pricesOf } from "./prices-file.ts";

type Path = readonly PropertyKey[];

/** Reads and checks the gateway's config. Throws `LabError` (`config_unreadable`, `config_invalid`), one line a problem. */
export function readConfigFile(file: string): GatewayFile {
  let source: string;
  try {
    source = readFileSync(file, "utf8");
  } catch (error) {
    throw refused("config_unreadable", `Cannot read the config: ${messageOf(error)}`, "name a file that exists: --config FILE");
  }
  return parseConfig(source, file);
}

/**
 * A config from its text, JSON by the extension `.json` and YAML by any other, defaults filled in. Throws `LabError` `config_invalid`:
 * `file:line:col path: message`, one line a problem.
 */
export function parseConfig(source: string, file: string): GatewayFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true });
  const problem = (path: Path, message: string, key?: string) => {
    const { line, col } = lines.linePos(offsetOf(document, path, key));
    return `${file}:${line}:${col} ${pathText(path)}: ${message}`;
  };
  const syntax = syntaxProblems(source, file, document);
  if (syntax.length > 0) throw invalid(syntax);
  const result = fileSchema.safeParse(document.toJS());
  if (!result.success) throw invalid(result.error.issues.map((issue) => problem(issue.path, issue.message, issue.code === "unrecognized_keys" ? issue.keys[0] : undefined)));
  const { listen, epochMs, store, cost, ...core } = result.data;
  const gateway: GatewayConfig = { ...core, unknownModel: cost.unknownModel, prices: { ...builtinPrices(), ...pricesOf(cost.prices) } };
  const meaning = [...validateGateway(gateway), ...sharedCacheProblems(gateway, store)].map(({ path, message }) => problem(pathOf(path), message));
  if (meaning.length > 0) throw invalid(meaning);
  return { gateway, listen, epochMs, store };
}

function syntaxProblems(source: string, file: string, document: Document): string[] {
  const problems = document.errors.map((error) => {
    const start = error.linePos?.[0] ?? { line: 1, col: 1 };
    return `${file}:${start.line}:${start.col} ${error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "")}`;
  });
  if (problems.length > 0 || !file.endsWith(".json")) return problems;
  try {
    JSON.parse(source);
    return [];
  } catch (error) {
    return [`${file}:1:1 not JSON, though its name says so: ${withoutQuote(messageOf(error))}`];
  }
}

/** V8 quotes the text around the mistake: it may be a key. */
function withoutQuote(message: string): string {
  return message.replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, "");
}

/** Where `path` begins in the source, or the nearest of its parents that is there; with `key`, that key in the map at `path`. */
function offsetOf(document: Document, path: Path, key?: string): number {
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

/** `routes[1].deployments[0]` as a path. */
function pathOf(text: string): Path {
  return [...text.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}

function pathText(path: Path): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return text === "" ? "(root)" : text.replace(/^\./, "");
}

function invalid(problems: readonly string[]): LabError {
  return refused("config_invalid", problems.join("\n"), "correct the config; docs/ARCHITECTURE.md names what it may hold");
}

function refused(code: string, message: string, hint: string): LabError {
  return new LabError({ exit: "refused", code, message, hint });
}
