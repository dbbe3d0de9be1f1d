import { expect, test } from "vitest";
import { changedConfig, configChanges, versionOf } from "./config-change.ts";

const config = {
  deployments: [
    { name: "one", dialect: "openai", model: "m-1", baseUrl: "http://one/v1", credential: "env:ONE" },
    { name: "two", dialect: "anthropic", model: "m-2", baseUrl: "http://two", credential: "env:TWO" },
    { name: "three", dialect: "openai", model: "m-3", baseUrl: "http://three/v1", credential: "env:THREE" },
  ],
  routes: [{ name: "chat", deployments: ["one", "two"] }],
};

test("changedConfig: swapped providers keep their names alone, and the third deployment stays", () => {
  const [one, two, three] = config.deployments;
  expect(changedConfig(config, "swapped_providers")["deployments"]).toEqual([{ ...two, name: "one" }, { ...one, name: "two" }, three]);
});

test("changedConfig: every change makes another configuration and leaves the one before alone", () => {
  const before = structuredClone(config);
  for (const change of configChanges) expect(changedConfig(config, change), change).not.toEqual(before);
  expect(config).toEqual(before);
});

test("versionOf: an older version says so, and all others take the next", () => {
  expect(configChanges.filter((change) => versionOf(change) !== null)).toEqual(["older_version"]);
});
