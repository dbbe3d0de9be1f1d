import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { exitCodes } from "../kernel/errors.ts";

const root = path.resolve(import.meta.dirname, "..");
const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { readonly scripts: Readonly<Record<string, string>> };
/** Those that run a file of the tests, and the words of their command. */
const runs = Object.entries(scripts).flatMap(([name, command]) => (/^node (--expose-gc )?test\/\S+\.ts$/.test(command) ? [[name, command.split(" ").slice(1)] as const] : []));

async function typed(words: readonly string[]): Promise<{ readonly status: number | null; readonly out: string; readonly trouble: string }> {
  const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const [out, trouble] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { status: child.exitCode, out, trouble };
}

test("scripts: package.json has some", () => {
  expect(runs.length).toBeGreaterThan(25);
});

test.each(runs)("%s: --help shows its usage, and an option that it does not have is refused with one line", async (name, words) => {
  const [helped, refused] = await Promise.all([typed([...words, "--help"]), typed([...words, "--nonsense"])]);
  expect(helped).toEqual({ status: 0, out: expect.stringMatching(new RegExp(`^Usage: npm run ${name}\\b`)) as unknown, trouble: "" });
  expect(refused).toEqual({ status: exitCodes.refused, out: "", trouble: "Unknown option '--nonsense'. See --help\n" });
});
