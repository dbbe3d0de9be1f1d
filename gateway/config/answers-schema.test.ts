import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { LabError } from "../../kernel/errors.ts";
import { defaultCache, defaultSemantic } from "../core/cache/settings.ts";
import { defaultInjection, defaultPii } from "../core/guards/settings.ts";
import { parseConfig } from "../http/config-file.ts";

const minimal = `keys:
  - { key: vk-1, team: search, feature: answers }
deployments:
  - { name: primary, dialect: openai, model: m-1, baseUrl: "http://127.0.0.1:9001/v1", credential: "env:PRIMARY" }
routes:
  - { name: chat, deployments: [primary] }
`;

const parsed = (source: string) => parseConfig(minimal + source, "g.yaml").gateway;

function problemsOf(source: string): readonly string[] {
  try {
    parsed(source);
    return [];
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return error.message.split("\n");
  }
}

test("parseConfig: cache, guards and registry are off until they are named", () => {
  const { cache, guards, registry } = parsed("");
  expect([cache, guards, registry]).toEqual([undefined, undefined, undefined]);
});

test("parseConfig: what is left out of a part that is named gets its default", () => {
  expect(parsed("cache: {}\n").cache).toEqual(defaultCache);
  expect(parsed("cache: { semantic: {} }\n").cache!.semantic).toEqual(defaultSemantic);
  expect(parsed("guards: {}\n").guards).toEqual({ pii: null, injection: null, images: "refuse" });
  expect(parsed("guards: { pii: {}, injection: {} }\n").guards).toEqual({ pii: defaultPii, injection: defaultInjection, images: "refuse" });
  expect(parsed("registry: {}\n").registry).toEqual({ prompts: [], tools: [] });
});

test("parseConfig: an embedder that is a model gets the veto for models, unless another is named", () => {
  const embedder = 'embedder: { kind: openai, baseUrl: "http://127.0.0.1:9/v1", model: e, credential: "env:E" }';
  expect(parsed(`cache: { semantic: { ${embedder} } }\n`).cache!.semantic).toMatchObject({ veto: "entities", embedder: { timeoutMs: 500 } });
  expect(parsed(`cache: { semantic: { veto: strict, ${embedder} } }\n`).cache!.semantic!.veto).toBe("strict");
});

test.each([
  ["cache: { ttl: 5 }\n", 'g.yaml:7:10 cache: Unrecognized key: "ttl"'],
  ["cache: { semantic: { threshold: 2 } }\n", "g.yaml:7:33 cache.semantic.threshold: Too big: expected number to be <=1"],
  ["guards:\n  pii:\n    kinds: []\n", "g.yaml:9:12 guards.pii.kinds: Too small: expected array to have >=1 items"],
  ["registry:\n  prompts:\n    - { name: p, current: b, versions: [{ version: a }] }\n", 'g.yaml:9:27 registry.prompts[0].current: Prompt "p" has no version "b"'],
  ["cache: { backend: store }\n", 'g.yaml:7:19 cache.backend: A cache in the "store" needs a store of kind "redis"'],
])("parseConfig: %j is refused by its place", (source, problem) => {
  expect(problemsOf(source)).toEqual([problem]);
});

test("docs/answers.md: its example is a config that can be used", () => {
  const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/answers.md"), "utf8");
  const [, example] = /```yaml\n([^]*?)```/.exec(page)!;
  const { cache, guards, registry } = parsed(example!);
  expect(cache).toEqual({ ...defaultCache, semantic: defaultSemantic });
  expect(guards).toEqual({ pii: { ...defaultPii, answers: "scrub" }, injection: defaultInjection, images: "refuse" });
  expect(registry!.prompts[0]).toMatchObject({ name: "support", current: "2" });
});
