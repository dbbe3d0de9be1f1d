import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

/**
 * STYLE: pages and comments fit 120 columns. Tables, pictures, code blocks and what has no space to break at may be
 * longer.
 */
const columns = 120;

const root = path.resolve(import.meta.dirname, "..");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" }).split("\n");
const linesOf = (file: string) => readFileSync(path.join(root, file), "utf8").split("\n");

/** Longer than the columns, as UTF-8, where there was a space to break it at outside of code spans. */
function isTooLong(line: string): boolean {
  if (Buffer.byteLength(line) <= columns) return false;
  const [, text = ""] = /^\s*(?:[-*+>] |\d+[.)] |\/\/ |\/\*\*? )?(.*)$/.exec(line)!;
  return text.replaceAll(/`[^`]*`/g, (span) => span.replaceAll(" ", "_")).includes(" ");
}

/** Its lines of prose that are too long, by number. */
function longProse(lines: readonly string[]): readonly number[] {
  let isCode = false;
  return lines.flatMap((line, index) => {
    const isFence = /^\s*```/.test(line);
    if (isFence) isCode = !isCode;
    return isCode || isFence || /^\s*(\||!\[)/.test(line) || !isTooLong(line) ? [] : [index + 1];
  });
}

/** Its lines that are comments alone and too long, by number. */
function longComments(lines: readonly string[]): readonly number[] {
  let isBlock = false;
  return lines.flatMap((line, index) => {
    if (/^\s*\/\*/.test(line)) isBlock = true;
    const isComment = isBlock || /^\s*\/\/ /.test(line);
    if (line.includes("*/")) isBlock = false;
    return isComment && isTooLong(line) ? [index + 1] : [];
  });
}

/** Results are written by the scripts that measured them. */
const pages = tracked.filter((file) => file.endsWith(".md") && !file.startsWith("docs/results/"));

test("pages: prose fits 120 columns", () => {
  expect(pages.length).toBeGreaterThan(50);
  expect(pages.flatMap((file) => longProse(linesOf(file)).map((line) => `${file}:${line}`))).toEqual([]);
});

test("pages: the rule finds a long line, and lets a table, a picture, a code block and a long code span be", () => {
  const long = "word ".repeat(30);
  expect(longProse([long, `| ${long} |`, `![${long}](a.png)`, "```", long, "```", `- ${long}`])).toEqual([1, 7]);
  expect(longProse([`- \`${long}\`,`, `https://example.com/${"a".repeat(120)}`, `see \`${long}\``])).toEqual([3]);
});

test("comments: fit 120 columns", () => {
  const sources = tracked.filter((file) => /\.(ts|mjs)$/.test(file));
  expect(sources.length).toBeGreaterThan(1_000);
  expect(sources.flatMap((file) => longComments(linesOf(file)).map((line) => `${file}:${line}`))).toEqual([]);
});

test("comments: the rule finds a long one of each kind, and lets code and what a text holds be", () => {
  const long = "word ".repeat(30);
  expect(longComments([`// ${long}`, `/** ${long} */`, `const a = "${long}";`, "/**", ` * ${long}`, " */", `* ${long}`])).toEqual([1, 2, 5]);
});
