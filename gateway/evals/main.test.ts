import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { json, text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { GateRecord } from "./gate-record.ts";
import { expectCode } from "../../test/support/exit-code.ts";

let folder: string;
let server: Server;
let url: string;
let answer: (asked: Asked) => { readonly status: number; readonly content: string };

interface Asked {
  readonly model: string;
  readonly authorization: string | undefined;
  readonly content: string;
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "eval gate "));
  server = createServer(async (request, response) => {
    const { model, messages } = (await json(request)) as { model: string; messages: { content: string }[] };
    const { status, content } = answer({ model, authorization: request.headers.authorization, content: messages[0]!.content });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ choices: [{ message: { content } }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function gate(gateFile: string, corpus: string): Promise<{ readonly code: number; readonly record: GateRecord | null; readonly errors: string }> {
  writeFileSync(path.join(folder, "gate.yaml"), gateFile);
  writeFileSync(path.join(folder, "corpus.yaml"), corpus);
  const child = spawn(process.execPath, ["gateway/evals/main.ts", "--config", path.join(folder, "gate.yaml")], { env: { ...process.env, EVAL_KEY: "sk-eval" }, stdio: ["ignore", "pipe", "pipe"] });
  const [printed, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), new Promise<number>((resolve) => child.once("close", (exit) => resolve(exit ?? -1)))]);
  return { code, record: printed === "" ? null : (JSON.parse(printed) as GateRecord), errors };
}

const side = (model: string) => `{url: "${url}", key: "env:EVAL_KEY", body: {model: ${model}, messages: [{role: user, content: "Classify: {{ticket}}"}]}}`;
const gateFile = (more = "") => `corpus: corpus.yaml\ncurrent: ${side("old")}\ncandidate: ${side("new")}\n${more}`;
const corpusOf = (count: number, more = "") =>
  `tests:\n${Array.from({ length: count }, (_, index) => `  - {vars: {ticket: "ticket ${index}"}, assert: [{type: is-json, value: {type: object, required: [kind]}}]}`).join("\n")}\n${more}`;

test("eval gate: the candidate's own regression is found over HTTP, with the key, and the record names hashes and dates", async () => {
  const keys = new Set<string | undefined>();
  answer = ({ model, authorization, content }) => {
    keys.add(authorization);
    return { status: 200, content: model === "new" && Number(/\d+/.exec(content)) % 2 === 0 ? "It is a refund." : '{"kind": "refund"}' };
  };
  const ended = await gate(gateFile(), corpusOf(40));
  expectCode(ended, 1);
  const { record } = ended;
  expect(record).toMatchObject({ decision: "fail", comparison: { pairs: { n: 40, broken: 20, mended: 0 } } });
  expect(record!.outcomes[0]!.candidate).toMatchObject({ passes: false, asked: 5, reason: "is not JSON" });
  expect(Date.parse(record!.validUntil) - Date.parse(record!.madeAt)).toBe(7 * 86_400_000);
  expect([...keys]).toEqual(["Bearer sk-eval"]);
  expect(JSON.stringify(record)).not.toContain("sk-eval");
  expect(record!.hashes.current).not.toBe(record!.hashes.candidate);
});

test("eval gate: equal versions pass with exit 0, and 20 cases are undecided with exit 2", async () => {
  answer = () => ({ status: 200, content: '{"kind": "refund"}' });
  expectCode(await gate(gateFile(), corpusOf(40)), 0);
  expect(await gate(gateFile(), corpusOf(20))).toMatchObject({ code: 2, record: { decision: "undecided" } });
});

test("eval gate: a judge is checked by the known labels before anything else is asked", async () => {
  const models: string[] = [];
  const labelled = Array.from({ length: 20 }, (_, index) => `  - {id: l${index}, question: q, answer: ${index % 2 ? "good" : "bad"}, rubric: r, passes: ${index % 2 === 1}}`).join("\n");
  const corpus = `tests:\n${Array.from({ length: 40 }, (_, index) => `  - {vars: {ticket: ${index}}, assert: [{type: llm-rubric, value: is good}]}`).join("\n")}\nlabelled:\n${labelled}\n`;
  const judge = `judge: {url: "${url}", body: {model: judge, messages: [{role: user, content: "{{question}} {{answer}} {{rubric}}"}]}}\n`;
  answer = ({ model, content }) => (models.push(model), { status: 200, content: model === "judge" ? JSON.stringify({ pass: !content.includes("bad") }) : "fine" });
  expect(await gate(gateFile(judge), corpus)).toMatchObject({ code: 0, record: { decision: "pass", judge: { labelled: 20, agreement: 1 } } });
  expect(models.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => "judge"));
});

test("eval gate: a server that refuses the candidate's requests fails it; one that is down is unknown", async () => {
  answer = ({ model }) => ({ status: model === "new" ? 400 : 200, content: '{"kind": 1}' });
  expect((await gate(gateFile(), corpusOf(40))).record).toMatchObject({ decision: "fail", outcomes: expect.arrayContaining([expect.objectContaining({ candidate: expect.objectContaining({ reason: "refused: status 400" }) })]) });
  answer = ({ model }) => ({ status: model === "new" ? 503 : 200, content: '{"kind": 1}' });
  expect(await gate(gateFile("settings: {concurrency: 64}"), corpusOf(40))).toMatchObject({ code: 2, record: { decision: "unknown" } });
});

test.each([
  ["an unknown assertion", gateFile, "tests:\n  - {vars: {}, assert: [{type: javascript, value: output.length}]}", /corpus\.yaml:2:\d+ tests\[0\]\.assert\[0\]\.type/],
  ["a case without an assertion", gateFile, "tests:\n  - {vars: {}, assert: []}", /A case without an assertion passes always/],
  ["two cases of one name", gateFile, "tests:\n  - {description: a, assert: [{type: equals, value: x}]}\n  - {description: a, assert: [{type: equals, value: x}]}", /corpus\.yaml:3:\d+ tests\[1\]: The case a is tests\[0\] already/],
  ["a judge that nobody named", gateFile, "tests:\n  - {assert: [{type: llm-rubric, value: polite}]}", /names no judge/],
  ["an odd number of repeats", () => gateFile("settings: {repeats: 3}"), "tests:\n  - {assert: [{type: equals, value: x}]}", /gate\.yaml:\d+:\d+ settings\.repeats: Expected an even number/],
])("eval gate: %s is refused with its place, exit 4, and nothing is asked", async (_, file, corpus, message) => {
  let asked = 0;
  answer = () => (asked++, { status: 200, content: "" });
  const { code, errors } = await gate(file(), corpus);
  expect({ code, asked }).toEqual({ code: 4, asked: 0 });
  expect(errors).toMatch(message);
});
