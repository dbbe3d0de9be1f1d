import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../testing.ts";
import { chainProblem, nextEntry, type AuditEntry } from "./audit.ts";

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let at = 0; at < length; at++) entries.push(nextEntry({ atMs: at, who: "plane:a", action: "lease", secret: `K${at}`, result: "ok" }, entries.at(-1) ?? null, sha256));
  return entries;
}

test("chainProblem: whole logs are whole; a change, a gap, a swap and a second beginning are found", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), fc.constantFrom("change", "gap", "swap", "restart"), (length, pick, how) => {
      const entries = chain(length);
      expect(chainProblem(entries, sha256)).toBeNull();
      const at = pick % (length - 1);
      if (how === "change") entries[at] = { ...entries[at]!, result: "failed" };
      else if (how === "gap") entries.splice(at, 1);
      else if (how === "swap") [entries[at], entries[at + 1]] = [entries[at + 1]!, entries[at]!];
      else entries.splice(at + 1, 0, chain(1)[0]!);
      expect(chainProblem(entries, sha256)).toMatch(/^Entry \d+ /);
    }),
  );
});
