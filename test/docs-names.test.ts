import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { buildProgram } from "../lab/cli/program.ts";

/** Names in the documents' prose, held to what there is; whole command lines are held by docs.test.ts. */
const root = path.resolve(import.meta.dirname, "..");
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md")).map((name) => path.join("docs", name)),
];
const textOf = (document: string) => readFileSync(path.join(root, document), "utf8");

const nowhere = new PassThrough() as unknown as NodeJS.WriteStream;
const program = buildProgram({ stdout: nowhere, stderr: nowhere }, () => {});
const commandsOf = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(commandsOf)];
const options = new Set(["--help", "--version", ...commandsOf(program).flatMap(({ options: own }) => own.flatMap(({ long }) => long ?? []))]);

/** Of programs that the documents speak of beside the lab's own command. */
const foreignOptions = new Set(["--check", "--config", "--verdict", "--control", "--recomputed", "--max-old-space-size"]);
/** Decisions and results are dated: they also name options of k6, of Node and of benchmarks. */
const current = documents.filter((document) => !/^docs\/(decisions|results)\//.test(document));

/** Code spans, outside of fenced blocks. */
function spansOf(text: string): readonly string[] {
  return [...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
}

test.each(current)("documents: %s names options that there are", (document) => {
  const named = spansOf(textOf(document)).filter((span) => !/^(node|npm|npx|docker|git|\.\/|redis)/.test(span)).flatMap((span) => span.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? []);
  expect(named.filter((option) => !options.has(option) && !foreignOptions.has(option))).toEqual([]);
});

test.each(documents)("documents: %s links to files that there are", (document) => {
  const links = [...textOf(document).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target!);
  expect(links.filter((target) => !existsSync(path.resolve(root, path.dirname(document), target)))).toEqual([]);
});

test("documents: docs/README.md lists every page, decisions aside", () => {
  const pages = documents.filter((document) => /^docs\/(results\/)?[^/]+\.md$/.test(document) && document !== "docs/README.md").map((document) => path.relative("docs", document));
  expect(pages.filter((page) => !textOf("docs/README.md").includes(`](${page})`))).toEqual([]);
});

test.each(documents)("documents: %s names files and folders of this repository that there are", (document) => {
  const named = spansOf(textOf(document)).filter((span) => !/\bK\.ts$/.test(span) && /^(docs|lab|gateway|observer|scenarios|simulators|kernel|test|dashboards|deploy)\/[\w./-]*$/.test(span));
  expect(named.filter((name) => !existsSync(path.join(root, name)) && !existsSync(path.resolve(root, path.dirname(document), name)))).toEqual([]);
});

test.each(documents)("documents: %s names npm scripts that there are", (document) => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Readonly<Record<string, string>> };
  const named = [...textOf(document).matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, name]) => name!);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test("documents: each npm script is named in README, CONTRIBUTING or docs", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Readonly<Record<string, string>> };
  const all = current.map(textOf).join("\n");
  expect(Object.keys(scripts).filter((name) => !new RegExp(`npm (?:run )?${name}(?![\\w:-])`).test(all))).toEqual([]);
});

test("documents: each command of the lab is named in README or docs", () => {
  const all = documents.map(textOf).join("\n");
  const leaves = commandsOf(program).filter(({ commands }) => commands.length === 0);
  const namesOf = (command: Command): readonly string[] => (command.parent === null ? [] : [...namesOf(command.parent), command.name()]);
  const missing = leaves.map((command) => namesOf(command).join(" ")).filter((name) => !new RegExp(`blastlab ${name}\\b|\`${name}\\b`).test(all));
  expect(missing).toEqual([]);
});
