import { expect, test } from "vitest";
import { LabError } from "../kernel/errors.ts";
import { parseScenario } from "./parse.ts";

const refused = (text: string) => {
  try {
    parseScenario(text, "s.yaml");
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
  return "";
};

test.each([
  ["sixty-five levels", `a: ${"[".repeat(65)}${"]".repeat(65)}`, /s\.yaml:1:\d+ \(yaml\): Is nested more than 64 levels deep/],
  ["a hundred thousand levels", `a: ${"[".repeat(100_000)}`, /s\.yaml:1:\d+ \(yaml\): Is nested more than 64 levels deep/],
  ["a hundred and one aliases", `a: &x 1\nb: [${"*x,".repeat(101)}]`, /s\.yaml:2:305 \(yaml\): Uses more than 100 aliases/],
  ["a hundred thousand lists in one line", `a:\n  ${"- ".repeat(100_000)}1`, /s\.yaml:2:131 \(yaml\): Is nested more than 64 levels deep/],
  ["sixty-six indented levels", Array.from({ length: 66 }, (_, level) => `${" ".repeat(level)}a:`).join("\n"), /s\.yaml:65:\d+ \(yaml\): Is nested more than 64 levels deep/],
  ["more keys than the parser can compare", Array.from({ length: 100_000 }, (_, key) => `k${key}: 1`).join("\n"), /s\.yaml:\d+:\d+ \(yaml\): Has more than 50000 tokens/],
  ["aliases of aliases", `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]`, /s\.yaml:1:1 \(yaml\): Its aliases name more values than a file may hold/],
])("parseScenario: a file with %s is refused with a sentence", (_, text, message) => {
  expect(refused(text)).toMatch(message);
});

test("parseScenario: brackets, dashes and stars in texts are texts", () => {
  expect(refused(`title: "${"[".repeat(500)}"\ndescription: |\n  ${"- ".repeat(500)}${"*x ".repeat(500)}\n`)).not.toContain("(yaml)");
});

test("parseScenario: sixty-four levels and a hundred aliases are for the schema to judge", () => {
  expect(refused(`a: ${"[".repeat(63)}${"]".repeat(63)}`)).toContain('Unrecognized key: "a"');
  expect(refused(`a: &x 1\nb: [${"*x,".repeat(100)}]`)).toContain("Unrecognized key");
});
