import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { formsOf, leaksIn, scanDirectory } from "./support/secret-scan.ts";

const secret = 'sk-planted+/ 9f8e"7d6c?=ü';

test("leaksIn: finds a secret in clear, in a URL, in hex, and in base64 whatever stands before and after it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }), fc.constantFrom("utf8", "hex", "base64", "base64url", "url", "json"), (before, after, how) => {
      const whole = Buffer.concat([before, Buffer.from(secret), after]);
      const content = how === "utf8" ? whole : how === "url" ? Buffer.from(encodeURIComponent(secret)) : how === "json" ? Buffer.from(JSON.stringify({ text: secret })) : Buffer.from(whole.toString(how as "hex"));
      expect(leaksIn("f", content, { key: secret }).map(({ secret: name }) => name)).toContain("key");
    }),
  );
});

test("leaksIn: finds nothing where the secret is not, and names the form in which it is", () => {
  expect(leaksIn("f", Buffer.from("sk-planted+/ 9f8e").toString("base64"), { key: secret })).toEqual([]);
  expect(leaksIn("f", `x${Buffer.from(`ab${secret}`).toString("base64")}`, { key: secret })).toEqual([{ file: "f", secret: "key", form: "base64, alignment 2" }]);
  expect(() => formsOf("short")).toThrow("cannot be looked for");
});

test("scanDirectory: reads every file below a directory, binary ones and names too", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-scan-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, "a/b"), { recursive: true });
  writeFileSync(path.join(folder, "a/b/core"), Buffer.concat([Buffer.from([0, 255, 254]), Buffer.from("planted-secret-1"), Buffer.from([0])]));
  writeFileSync(path.join(folder, "a/planted-secret-2.txt"), "");
  expect(scanDirectory(folder, { one: "planted-secret-1", two: "planted-secret-2", three: "planted-secret-3" })).toEqual({
    files: 2,
    leaks: expect.arrayContaining([
      { file: path.join(folder, "a/b/core"), secret: "one", form: "clear" },
      { file: `${path.join(folder, "a/planted-secret-2.txt")} (its name)`, secret: "two", form: "clear" },
    ]) as unknown,
  });
});
