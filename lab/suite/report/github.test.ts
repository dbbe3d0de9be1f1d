import path from "node:path";
import { expect, test } from "vitest";
import type { Finding } from "../findings.ts";
import { annotations } from "./github.ts";

const finding = (kind: Finding["kind"], severity: number): Finding => ({ kind, severity, title: `title ${severity}`, message: "message", file: "a.yaml", line: 3 });
const many = (kind: Finding["kind"], count: number) => Array.from({ length: count }, (_, index) => finding(kind, count - index));

test("annotations: nine of a kind at their place, then how many there are besides", () => {
  const lines = annotations([...many("error", 12), ...many("warning", 9), ...many("notice", 1)]);
  expect(lines.filter((line) => line.startsWith("::error"))).toHaveLength(10);
  expect(lines.filter((line) => line.startsWith("::warning"))).toHaveLength(9);
  expect(lines[0]).toBe("::error file=a.yaml,line=3,title=title 12::message");
  expect(lines[9]).toBe("::error title=blastlab suite::3 more; the job summary lists them");
});

test("annotations: a file is named from the repository's folder, wherever the command ran", () => {
  expect(annotations([finding("error", 1)], path.dirname(process.cwd()))[0]).toContain(`::error file=${path.basename(process.cwd())}/a.yaml,line=3,`);
});

test("annotations: a text cannot end its property or its command", () => {
  const [line] = annotations([{ ...finding("error", 1), title: "a:b,c", message: "50 %\n::warning::x" }]);
  expect(line).toBe("::error file=a.yaml,line=3,title=a%3Ab%2Cc::50 %25%0A::warning::x");
});
