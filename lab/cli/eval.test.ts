import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "./program.ts";
import { expectCode } from "../../test/support/exit-code.ts";

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "eval cli "));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return folder;
}

async function cli(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly errors: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const read = Promise.all([text(stdout), text(stderr)]);
  const code = await runCli(args, { stdout, stderr } as never);
  stdout.end();
  stderr.end();
  const [out, errors] = await read;
  return { code, out, errors };
}

/** A server of which the version named `new` breaks the odd tickets. */
async function versions(): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const isBroken = body.includes('"new"') && /ticket \d*[13579]"/.test(body);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ choices: [{ message: { content: isBroken ? "sorry" : "refund" } }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
}

const corpus = `tests:\n${Array.from({ length: 40 }, (_, index) => `  - {description: case ${index}, vars: {t: ticket ${index}}, assert: [{type: equals, value: refund}]}`).join("\n")}\n`;
const gateFile = (url: string, key = "") => {
  const side = (model: string) => `{url: "${url}", ${key}body: {model: ${model}, messages: [{role: user, content: "{{t}}"}]}}`;
  return `corpus: corpus.yaml\ncurrent: ${side("old")}\ncandidate: ${side("new")}\n`;
};

test("blastlab eval: a worse candidate fails with exit 1, and the broken cases are named with their reasons", async () => {
  const folder = folderWith({ "gate.yaml": gateFile(await versions()), "corpus.yaml": corpus });
  const ended = await cli("eval", path.join(folder, "gate.yaml"));
  expectCode(ended, 1);
  const { out } = ended;
  expect(out).toMatch(/^FAIL {2}20 of 40 cases broke and 0 were mended/);
  expect(out).toContain("broken  case 1: differs from the expected text");
});

test("blastlab eval: an address beyond loopback is refused before anything is asked, and so is a file that is none", async () => {
  const folder = folderWith({ "gate.yaml": gateFile("http://192.0.2.1/v1/chat/completions"), "corpus.yaml": corpus, "broken.yaml": "current: [" });
  expect(await cli("eval", path.join(folder, "gate.yaml"))).toMatchObject({ code: 4, errors: expect.stringContaining("192.0.2.1") });
  expectCode(await cli("eval", path.join(folder, "broken.yaml")), 4);
  expectCode(await cli("eval", path.join(folder, "missing.yaml")), 4);
});

test("blastlab eval: a key of the environment is passed only where it is named", async () => {
  const folder = folderWith({ "gate.yaml": gateFile(await versions(), 'key: "env:EVAL_TEST_KEY", '), "corpus.yaml": corpus.split("\n").slice(0, 3).join("\n") });
  process.env["EVAL_TEST_KEY"] = "sk-test";
  onTestFinished(() => void delete process.env["EVAL_TEST_KEY"]);
  const decisionOf = async (...args: string[]) => JSON.parse((await cli("eval", path.join(folder, "gate.yaml"), "--json", ...args)).out).decision as string;
  expect(await decisionOf()).toBe("unknown");
  expect(await decisionOf("--pass-env", "EVAL_TEST_KEY")).toBe("undecided");
});
