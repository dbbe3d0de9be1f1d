import { expect, test } from "vitest";
import { parse } from "yaml";
import { extendedName, extendedText } from "./extend.ts";

const base = "# A base\nname: base\ntitle: Base\ndescription: Of the base\nregions: [a, b]\ngateway:\n  # Kept\n  contractCheck: true\n  policy: { failover: true, breaker: {} }\n";

test("extendedName: what `extends` names at the top; nothing in a text that is no map, cannot be read or is too large", () => {
  expect(extendedName("extends: base\nname: mine")).toBe("base");
  for (const text of ["name: mine", "extends: 3", "- extends: base", "extends: [", "gateway: { extends: base }", `a: ${"[".repeat(100)}`]) expect(extendedName(text)).toBeNull();
});

test("extendedText: maps are merged; lists, figures and null replace; name, title and description are the file's own", () => {
  const text = extendedText(base, "extends: base\nname: mine\ntitle: Mine\nregions: [a]\ngateway: { contractCheck: false, policy: { breaker: null }, limits: { rules: [] } }\n");
  expect(parse(text)).toEqual({ name: "mine", title: "Mine", regions: ["a"], gateway: { contractCheck: false, policy: { failover: true, breaker: null }, limits: { rules: [] } } });
  expect(text).toMatch(/^(# A base\n)?name: mine\ntitle: Mine\n/);
  expect(text).toContain("# Kept");
});

test("extendedText: a name or title that the file does not give is missing, not inherited", () => {
  expect(parse(extendedText(base, "extends: base\nregions: [a]\n"))).not.toHaveProperty("name");
});
