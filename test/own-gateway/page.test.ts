import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { expect, test } from "vitest";
import { parseStack } from "../../scenarios/parse.ts";
import { resolveRun } from "../../lab/plan/resolve-run.ts";
import { filesOf, transcriptLink, typedIn, workedSections } from "./page.ts";

const docs = path.resolve(import.meta.dirname, "../../docs");
const page = readFileSync(path.join(docs, "own-gateway.md"), "utf8");
const sections = workedSections(page);
const transcript = readFileSync(path.join(docs, transcriptLink.exec(page)![0]), "utf8");

test("workedSections: files by their names, commands by line, and no block without a name", () => {
  const text = "## A\n\nx\n\n## B, worked\n\n`my/a.yaml`, a file:\n\n```yaml\na: 1\n```\n\nText.\n\n```sh\none\ntwo 'x'\n```\n";
  expect(workedSections(text)).toEqual([{ title: "B", files: new Map([["my/a.yaml", "a: 1\n"]]), commands: ["one", "two 'x'"] }]);
  expect(() => workedSections("## B, worked\n\n```yaml\na: 1\n```\n")).toThrow("has no file name");
});

test("docs/own-gateway.md: works LiteLLM and Portkey, each from the installation to a run", () => {
  expect(sections.map(({ title }) => title)).toEqual(["LiteLLM", "Portkey"]);
  for (const { commands } of sections) {
    expect(commands.some((line) => /install/.test(line))).toBe(true);
    expect(commands.some((line) => line.startsWith("npx blastlab run"))).toBe(true);
  }
});

test.each([...filesOf(page)].map(([file, text]) => [file, text] as const))("docs/own-gateway.md: %s is whole, and a stack of it fits its scenario", (file, text) => {
  if (file.endsWith(".json")) return expect(JSON.parse(text)).toMatchObject({ dependencies: {} });
  if (!/^external:$/m.test(text)) return expect(parse(text)).toMatchObject({ model_list: expect.anything() as unknown });
  const stack = parseStack(text, file);
  const { deployments } = resolveRun({ scenario: "smoke", sets: [] }).plan;
  expect(Object.keys(stack.external!.linkPorts).toSorted()).toEqual(deployments.map(({ name }) => name).toSorted());
});

test("docs/own-gateway.md: what it shows is what was typed in the transcript that it links to, and each run there held, as it says", () => {
  expect(typedIn(transcript)).toEqual(sections.flatMap(({ commands }) => commands));
  expect(transcript.match(/^HELD {2}smoke on \S+/gm)).toHaveLength(sections.flatMap(({ commands }) => commands).filter((line) => line.startsWith("npx blastlab run")).length);
  expect(transcript.match(/https?:\/\/(?!127\.0\.0\.1|localhost)\S+/g)).toBeNull();
});
