import { expect, test } from "vitest";
import { changedConfig, changedFile, configChanges, runtimeOf, versionOf } from "./config-change.ts";

const config = {
  deployments: [
    { name: "one", dialect: "openai", model: "m-1", baseUrl: "http://one/v1", credential: "env:ONE" },
    { name: "two", dialect: "anthropic", model: "m-2", baseUrl: "http://two", credential: "env:TWO" },
    { name: "three", dialect: "openai", model: "m-3", baseUrl: "http://three/v1", credential: "env:THREE" },
  ],
  routes: [{ name: "chat", deployments: ["one", "two"] }],
  registry: {
    prompts: [
      { name: "support", current: "1", versions: [{ version: "1", messages: [{ role: "system", content: "Help." }] }] },
      { name: "legal", current: "1", versions: [{ version: "1", messages: [{ role: "system", content: "Review." }] }] },
    ],
  },
  keys: [{ key: "a", team: "support", feature: "chat" }, { key: "b", team: "support", feature: "draft" }, { key: "c", team: "legal", feature: "review" }],
};

test("changedConfig: a new prompt is the next version of that prompt, which requests get that name none", () => {
  const [support, legal] = config.registry.prompts;
  const next = { version: "2", messages: [{ role: "system", content: "Be brief." }] };
  const prompts = [{ ...support, current: "2", versions: [...support!.versions, next] }, legal];
  expect(changedConfig(config, { change: "new_prompt", prompt: { name: "support", text: "Be brief." } })["registry"]).toEqual({ prompts });
});

test("changedConfig: swapped providers keep their names alone, and the third deployment stays", () => {
  const [one, two, three] = config.deployments;
  expect(changedConfig(config, { change: "swapped_providers" })["deployments"]).toEqual([{ ...two, name: "one" }, { ...one, name: "two" }, three]);
});

test("changedConfig: every change makes another configuration and leaves the one before alone", () => {
  const before = structuredClone(config);
  for (const change of configChanges) expect(changedConfig(config, { change, prompt: { name: "support", text: "Be brief." } }), change).not.toEqual(before);
  expect(config).toEqual(before);
});

test("changedConfig: bad code fails what the teams ask, each named once, and nobody else", () => {
  expect(changedConfig(config, { change: "bad_code" })["defects"]).toEqual([{ kind: "fail", share: 0.6, teams: ["support", "legal"] }]);
});

test("versionOf: an older version says so, and all others take the next", () => {
  expect(configChanges.filter((change) => versionOf(change) !== null)).toEqual(["older_version"]);
});

test("runtimeOf: newer code alone needs a version, which a file names as well", () => {
  expect(configChanges.filter((change) => runtimeOf(change) !== null)).toEqual(["newer_code"]);
  expect(changedFile(config, { change: "newer_code" })).toEqual({ ...changedConfig(config, { change: "newer_code" }), runtime: "v9" });
  expect(changedFile(config, { change: "too_big" })).toEqual(changedConfig(config, { change: "too_big" }));
});
