import { stripVTControlCharacters } from "node:util";
import { lexer, type Token, type Tokens } from "marked";
import wrapAnsi from "wrap-ansi";
import { plainTable, tableText } from "../report/plain-table.ts";
import { type Paint, paintFor } from "./paint.ts";

/** Undefined columns: not a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Longer lines are hard to read, however wide a terminal is. */
const columnsMax = 118;
/** Between two columns of a table. */
const gap = 2;
/** A column is as wide as its longest word, up to this. */
const wordMax = 30;

/**
 * Markdown as a person reads it: without its marks, with headings, lists, tables and URLs, as wide as the terminal is,
 * in colours where it has them, else as plain text.
 */
export function terminalMarkdown(text: string, terminal: Terminal): string {
  const renderer = { paint: paintFor(terminal), columns: Math.min(terminal.columns ?? columnsMax, columnsMax) };
  return `${blocks(lexer(text), renderer)}\n`;
}

interface Renderer {
  readonly paint: Paint;
  readonly columns: number;
}

function blocks(tokens: readonly Token[], renderer: Renderer): string {
  return tokens
    .filter(({ type }) => type !== "space")
    .map((token) => block(token as Tokens.Generic, renderer))
    .join("\n\n");
}

function block(token: Tokens.Generic, { paint, columns }: Renderer): string {
  switch (token.type) {
    case "heading":
      return paint.bold(paint.cyan(inline(token.tokens, paint)));
    case "list":
      return (token as Tokens.List).items.map((item) => listItem(item, { paint, columns })).join("\n");
    case "table":
      return table(token as Tokens.Table, { paint, columns });
    case "code":
      return indented(token["text"] as string, "  ");
    default:
      return wrapAnsi(inline(token.tokens, paint, token.raw), columns);
  }
}

/** Its own text, and what is below it, stand under each other. */
function listItem({ tokens }: Tokens.ListItem, { paint, columns }: Renderer): string {
  const within = { paint, columns: columns - 2 };
  const parts = tokens.map((token) => block(token as Tokens.Generic, within));
  return `- ${indented(parts.join("\n"), "  ").slice(2)}`;
}

function table({ header, rows }: Tokens.Table, { paint, columns }: Renderer): string {
  const textsOf = (cells: readonly Tokens.TableCell[]) => cells.map(({ tokens }) => inline(tokens, paint));
  const heads = header.some(({ text }) => text !== "") ? [textsOf(header).map((text) => paint.bold(text))] : [];
  const lines = [...heads, ...rows.map(textsOf)];
  const result = plainTable({ colWidths: widths(header.map((_, index) => lines.map((line) => line[index] ?? "")), columns) });
  result.push(...lines);
  return tableText(result);
}

/** What each column wants; where that is more than there is, the widest are made narrower, down to their words. */
function widths(all: readonly (readonly string[])[], columns: number): number[] {
  const longest = (texts: readonly string[]) => Math.max(1, ...texts.map((text) => stripVTControlCharacters(text).length));
  const least = all.map((texts) => Math.min(wordMax, longest(texts.flatMap((text) => text.split(" ")))));
  const result = all.map(longest);
  const room = columns - gap * (result.length - 1);
  while (result.reduce((sum, width) => sum + width, 0) > room) {
    const spare = result.map((width, index) => (width > least[index]! ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) break;
    result[widest]! -= 1;
  }
  return result;
}

function inline(tokens: readonly Token[] | undefined, paint: Paint, raw = ""): string {
  if (tokens === undefined) return raw.trimEnd();
  return tokens.map((token) => span(token as Tokens.Generic, paint)).join("");
}

function span(token: Tokens.Generic, paint: Paint): string {
  switch (token.type) {
    case "strong":
      return paint.bold(inline(token.tokens, paint));
    case "em":
      return paint.italic(inline(token.tokens, paint));
    case "codespan":
      return paint.cyan(token["text"] as string);
    case "link":
      return link(token as Tokens.Link, paint);
    case "text":
      return token.tokens === undefined ? (token["text"] as string).replaceAll("\n", " ") : inline(token.tokens, paint);
    case "escape":
      return token["text"] as string;
    default:
      return token.raw;
  }
}

/** A URL that its reader can click and copy; a link within the documents is its text alone. */
function link({ href, text, tokens }: Tokens.Link, paint: Paint): string {
  if (!/^https?:/.test(href) || href === text) return inline(tokens, paint);
  return `${inline(tokens, paint)}: ${paint.dim(href)}`;
}

const indented = (text: string, indent: string) => text.replaceAll(/^/gm, indent);
