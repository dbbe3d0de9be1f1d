import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { builtFiles, dashboards } from "./all.ts";
import { alertRules, objective } from "./rules.ts";

const page = readFileSync(new URL("README.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| (.+) \|$/gm)].map(([, row]) => row!.split(" | "));

test("README.md: lists every dashboard with its title, and no other", () => {
  const listed = rows.filter(([file]) => /^`\w+\.json`$/.test(file!)).map(([file, title]) => [file!.slice(1, -1), title]);
  expect(listed).toEqual(Object.entries(dashboards).map(([name, build]) => [`${name}.json`, build().title]));
  expect(page).toContain("`rules.yml`");
  expect(Object.keys(builtFiles())).toHaveLength(listed.length + 1);
});

test("README.md: lists every alert with its severity, and the windows and limits of those that burn a budget", () => {
  const listed = rows.filter(([alert]) => alert!.startsWith("`Blastlab")).map(([alert, severity, when]) => ({ alert: alert!.slice(1, -1), severity, when: when! }));
  const rules = alertRules.filter(({ labels }) => labels["source"] !== "gateway").map(({ alert, labels }) => ({ alert, severity: labels["severity"] }));
  expect(listed.map(({ alert, severity }) => ({ alert, severity }))).toEqual(expect.arrayContaining(rules));
  expect(listed).toHaveLength(rules.length);
  for (const { alert, labels, conditions } of alertRules.filter(({ labels: { long } }) => long !== undefined)) {
    const percent = 100 * Number(conditions[0]!.when.replace("> ", ""));
    const row = `above ${Number(percent.toFixed(4))} % over ${labels["long"]} and ${labels["short"]}`;
    expect(listed.filter(({ alert: name, when }) => name === alert && when.includes(row)), row).toHaveLength(1);
  }
  expect(page).toContain(`${100 * objective} % good`);
});

test("README.md: names the sources of this folder", () => {
  for (const file of ["promql.ts", "frame.ts", "panels.ts", "rules.ts", "expressions.ts", ...Object.keys(dashboards).map((name) => `${name}.ts`)]) expect(page, file).toContain(`\`${file}\``);
});
