import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LabError } from "../../kernel/errors.ts";
import { priceAt } from "../core/cost/price.ts";
import { parseConfig } from "../http/config-file.ts";
import { readPriceList } from "../http/price-list.ts";
import { priceTable } from "./prices.ts";

const minimal = `keys:
  - { key: vk-1, team: search, feature: answers }
deployments:
  - { name: primary, dialect: openai, model: gpt-4o-mini, baseUrl: "http://127.0.0.1:9001/v1", credential: env:PRIMARY }
routes:
  - { name: chat, deployments: [primary] }
`;

function problemsOf(addition: string): readonly string[] {
  try {
    parseConfig(minimal + addition, "g.yaml");
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(LabError);
    return (error as LabError).message.split("\n");
  }
}

test("parseConfig: limits, shedding and the store, with their defaults", () => {
  const limits = "limits: { rules: [{ team: search, windowMs: 60000, requests: 10, usd: 0.5 }] }\nshedding: { low: 0.5 }\n";
  const { gateway, store } = parseConfig(`${minimal}${limits}store: { kind: redis, url: "redis://127.0.0.1:6379" }\n`, "g.yaml");
  expect(gateway.limits).toEqual({ rules: [{ team: "search", windowMs: 60_000, requests: 10, usd: 0.5 }], outputTokensDefault: 1_024, storeMs: 25, regionShare: 1 });
  expect(gateway.shedding).toEqual({ low: 0.5 });
  expect(store).toEqual({ kind: "redis", url: "redis://127.0.0.1:6379", credential: null, localShare: 0.5 });
  const without = parseConfig(minimal, "g.yaml");
  expect(without.store).toEqual({ kind: "memory" });
  expect([without.gateway.limits, without.gateway.shedding]).toEqual([undefined, undefined]);
});

test.each([
  ["a limit of nothing", "limits: { rules: [{ team: search, windowMs: 1000 }] }\n", "limits.rules[0]: Expected at least one of requests, tokens, usd"],
  ["a limit of nobody", "limits: { rules: [{ team: serch, windowMs: 1000, requests: 1 }] }\n", `limits.rules[0].team: No key is of team "serch"`],
  [
    "the same limit twice",
    "limits: { rules: [{ team: search, windowMs: 1000, requests: 1 }, { team: search, windowMs: 1000, requests: 2 }] }\n",
    "limits.rules[1].requests: limits.rules[0] already limits it for this team and window",
  ],
  ["a lower priority that is shed later", "shedding: { low: 0.9, normal: 0.5 }\n", "shedding.low: Expected at most normal's 0.5, got 0.9"],
  ["a password in a URL", `store: { kind: redis, url: "redis://u:secret@h:1" }\n`, "store.url: A password does not belong in a config: name it by credential"],
])("parseConfig: %s is refused by its place", (_, addition, problem) => {
  const problems = problemsOf(addition);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^g\.yaml:\d+:\d+ /);
  expect(problems[0]).toContain(problem);
});

test("parseConfig: a model without a price is refused where money is counted or where the config asks for it, else flagged", () => {
  const unknown = minimal.replace("gpt-4o-mini", "gpt-4o-minni");
  const money = "limits: { rules: [{ team: search, windowMs: 1000, usd: 1 }] }\n";
  expect(parseConfig(unknown, "g.yaml").gateway.unknownModel).toBe("flag");
  for (const [source, why] of [[`${unknown}cost: { unknownModel: error }\n`, "cost.unknownModel is error"], [unknown + money, "a limit counts money"]] as const) {
    expect(() => parseConfig(source, "g.yaml")).toThrow(`deployments[0].model: "gpt-4o-minni" has no price, and ${why}: add it to cost.prices`);
    expect(() => parseConfig(`${source.replace(/cost:.*\n/, "")}cost: { unknownModel: error, prices: { gpt-4o-minni: { input: 1, output: 2 } } }\n`, "g.yaml")).not.toThrow();
  }
});

test("parseConfig: a price that ends and has no successor is refused where money is counted: the model would be free from then on", () => {
  const prices = (periods: string) => `${minimal}limits: { rules: [{ team: search, windowMs: 1000, usd: 1 }] }\ncost: { prices: { gpt-4o-mini: ${periods} } }\n`;
  const ending = "{ until: 2026-12-31, input: 1, output: 2 }";
  expect(() => parseConfig(prices(ending), "g.yaml")).toThrow(`deployments[0].model: "gpt-4o-mini" has no price for ever: its last one ends, and a limit counts money`);
  expect(() => parseConfig(prices(`[${ending}, { input: 3, output: 4 }]`), "g.yaml")).not.toThrow();
  expect(() => parseConfig(`${minimal}cost: { prices: { gpt-4o-mini: ${ending} } }\n`, "g.yaml")).not.toThrow();
});

test.each(["[{ input: 3, output: 4 }, { until: 2026-12-31, input: 1, output: 2 }]", "[{ until: 2026-12-31, input: 1, output: 2 }, { until: 2026-01-31, input: 1, output: 2 }]"])("parseConfig: prices out of order are refused, and not mixed up: %s", (periods) => {
  expect(() => parseConfig(`${minimal}cost: { prices: { gpt-4o-mini: ${periods} } }\n`, "g.yaml")).toThrow("cost.prices.gpt-4o-mini: Expected the earliest price first");
});

test("parseConfig: a price of the config goes before the built-in one; cache prices that are left out are the input's", () => {
  const { gateway } = parseConfig(`${minimal}cost: { prices: { gpt-4o-mini: { input: 7, output: 9 } } }\n`, "g.yaml");
  expect(priceAt(gateway.prices!, "gpt-4o-mini", 0)).toMatchObject({ input: 7, cachedInput: 7, cacheWrite: 7, output: 9 });
  expect(priceAt(gateway.prices!, "gpt-4o", 0)).toMatchObject({ input: 2.5, cachedInput: 1.25, output: 10 });
});

test("readPriceList: a price that changes on a day does so at the end of that day, UTC", () => {
  const at = (day: string) => priceAt(priceTable(readPriceList()), "claude-sonnet-5", Date.parse(day))?.output;
  expect([at("2026-08-31T23:59:59Z"), at("2026-09-01T00:00:00Z")]).toEqual([10, 15]);
});

test("readPriceList: every price is positive, cached input is not dearer than input, and the scenarios' models have one", () => {
  const all = Object.values(priceTable(readPriceList())).flat();
  expect(all.length).toBeGreaterThan(25);
  expect(all.filter(({ input, cachedInput, output }) => !(input > 0 && output > 0 && cachedInput > 0 && cachedInput <= input))).toEqual([]);
  for (const model of ["gpt-4o-mini", "claude-3-5-haiku-20241022"]) expect(priceAt(priceTable(readPriceList()), model, Date.now()), model).not.toBeNull();
});

test("docs/governance.md: its example is a config that can be used", () => {
  const page = readFileSync(new URL("../../docs/governance.md", import.meta.url), "utf8");
  const [, example] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  const { gateway, store } = parseConfig(example!, "governance.yaml");
  expect(gateway.limits?.rules).toHaveLength(2);
  expect(gateway.shedding).toEqual({ low: 0.6, normal: 0.85 });
  expect(store).toMatchObject({ kind: "redis", localShare: 0.5 });
  expect(priceAt(gateway.prices!, "our-llama", 0)).toMatchObject({ input: 0.05, output: 0.1 });
});
