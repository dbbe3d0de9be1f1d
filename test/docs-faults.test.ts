import { expect, test } from "vitest";
import { z } from "zod";
import { wrapped } from "../lab/report/wrapped.ts";
import { faultPlanners } from "../scenarios/faults/index.ts";

interface Field {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly const?: unknown;
}

interface KindSchema {
  readonly description?: string;
  readonly properties: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
}

const schemas = Object.entries(faultPlanners).map(([kind, { schema }]) => [kind, z.toJSONSchema(schema, { io: "input" }) as unknown as KindSchema] as const);

function fieldRow(name: string, field: Field, required: boolean): string {
  const values = field.enum === undefined ? "" : field.enum.map((value) => `\`${value}\``).join(", ");
  const fallback = field.default === undefined ? (required ? "required" : "") : `\`${JSON.stringify(field.default)}\``;
  return `| \`${name}\` | ${[field.description, values].filter((part) => part !== undefined && part !== "").join(". ")} | ${fallback} |`;
}

function page(): string {
  const sections = schemas.map(([kind, { description, properties, required = [] }]) => {
    const rows = Object.entries(properties).filter(([name]) => name !== "kind").map(([name, field]) => fieldRow(name, field, required.includes(name)));
    return [`## ${kind}`, "", wrapped(`${description}.`), "", "| field | what | default |", "|---|---|---|", ...rows].join("\n");
  });
  const intro = [
    "# Faults",
    "",
    "Everything that a scenario can break, one kind a section. This page is generated from the schemas in `scenarios/faults/`",
    "(`npx vitest run test/docs-faults.test.ts -u`). Offsets and lengths are ms; offsets count from the start of the fault",
    "window. What a fault reaches is computed from the scenario's routes and the stack's links when the plan is made. A fault",
    "that the stack has no part for is refused as `not_applicable`.",
    "",
    "A site names components without knowing the stack: `{ role, region?, replica?, deployment? }`. Roles are `client`,",
    "`edge`, `gateway`, `control`, `vault`, `store`, `collector`, `provider`; `region` counts from 1; `replica` is a number",
    "from 1, or `all`.",
  ].join("\n");
  return `${[intro, ...sections].join("\n\n")}\n`;
}

test("docs/faults.md: is what the schemas of the kinds say (update with vitest -u)", async () => {
  expect(schemas.filter(([, { description }]) => description === undefined)).toEqual([]);
  await expect(page()).toMatchFileSnapshot("../docs/faults.md");
});
