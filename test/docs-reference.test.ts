import { expect, test } from "vitest";
import { fileSchema } from "../gateway/config/file-schema.ts";
import { edgeFileSchema } from "../gateway/edge/config.ts";
import { incidentSchema } from "../scenarios/incident.ts";
import { scenarioSchema } from "../scenarios/schema.ts";
import { stackSchema } from "../scenarios/stack-schema.ts";
import { wrapped } from "../lab/report/wrapped.ts";
import { fieldsOf, tableOf } from "./support/reference.ts";

const schemas = [
  ["Scenario", "A scenario file: who asks for what, which providers answer, what breaks and when, what must hold ([scenarios.md](scenarios.md)).", scenarioSchema],
  ["Stack", "A stack file: what stands between clients and providers ([stacks.md](stacks.md)).", stackSchema],
  ["Gateway", "The gateway's own file ([gateway.md](gateway.md)), and `gateway` of a stack, which decides neither keys, deployments, routes, `admin` nor `region`.", fileSchema],
  ["Edge", "The edge's own file ([edge.md](edge.md)).", edgeFileSchema],
  ["Incident", "An outage of the catalogue, of an import or of a recording ([import.md](import.md)).", incidentSchema],
] as const;

test.each(schemas)("schemas: every field of a %s has a description", (_name, _text, schema) => {
  const fields = fieldsOf(schema);
  expect(fields.length).toBeGreaterThan(10);
  expect(fields.filter(({ description }) => description === null || description === "").map(({ path }) => path)).toEqual([]);
});

test("docs/reference.md: every field with its meaning, made of the schemas (update with vitest -u)", async () => {
  const sections = schemas.map(([name, text, schema]) => `## ${name}\n\n${wrapped(text)}\n\n${tableOf(fieldsOf(schema))}`);
  const page = [
    "# Every field",
    "Made of the schemas by `test/docs-reference.test.ts`. Times are ms, shares and rates 0 to 1. `[]` is each element of a\nlist, `*` any name, and a word in brackets the `kind`.",
    ...sections,
  ].join("\n\n");
  await expect(`${page}\n`).toMatchFileSnapshot("../docs/reference.md");
});
