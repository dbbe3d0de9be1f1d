import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { LabError } from "../../kernel/errors.ts";
import { defaultPolicy } from "../core/config.ts";
import { parseConfig, readConfigFile } from "./config-file.ts";
import { FileConfigSource } from "./config-source.ts";

const minimal = `keys:
  - { key: vk-1, team: search, feature: answers }
deployments:
  - name: primary
    dialect: openai
    model: m-1
    baseUrl: http://127.0.0.1:9001/v1
    credential: env:PRIMARY
routes:
  - name: chat
    deployments: [primary]
`;

function problemsOf(source: string, file = "g.yaml"): readonly string[] {
  try {
    parseConfig(source, file);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(LabError);
    expect(error).toMatchObject({ code: "config_invalid", exit: "refused" });
    return (error as LabError).message.split("\n");
  }
}

test("parseConfig: everything that is left out gets its default", () => {
  const { gateway, listen, epochMs } = parseConfig(minimal, "g.yaml");
  expect(gateway.policy).toEqual(defaultPolicy);
  expect(gateway).toMatchObject({ region: "local", contractCheck: true, hardened: false, defects: [], keys: [{ key: "vk-1", team: "search", feature: "answers" }] });
  expect(listen).toEqual({ host: "127.0.0.1", port: 0 });
  expect(epochMs).toBeNull();
});

test("parseConfig: part of the policy changes that part only", () => {
  const { gateway } = parseConfig(`${minimal}policy:\n  retry: { attemptsMax: 1 }\n  deadlines: { throughput: { tokensPerSecondMin: 3 } }\n`, "g.yaml");
  expect(gateway.policy).toEqual({
    ...defaultPolicy,
    retry: { ...defaultPolicy.retry, attemptsMax: 1 },
    deadlines: { ...defaultPolicy.deadlines, throughput: { ...defaultPolicy.deadlines.throughput, tokensPerSecondMin: 3 } },
  });
});

test("parseConfig: a breaker of null is none", () => {
  expect(parseConfig(`${minimal}policy: { breaker: null }\n`, "g.yaml").gateway.policy.breaker).toBeNull();
});

test("parseConfig: the same in JSON", () => {
  const fromYaml = parseConfig(minimal, "g.yaml");
  const { keys, deployments, routes } = fromYaml.gateway;
  expect(parseConfig(JSON.stringify({ keys, deployments, routes }, null, 2), "g.json")).toEqual(fromYaml);
});

test.each([
  ["a setting unknown", `${minimal}polcy: {}\n`, `g.yaml:12:1 (root): Unrecognized key: "polcy"`],
  ["a setting unknown deep down", `${minimal}policy:\n  retry:\n    attempts: 3\n`, `g.yaml:14:5 policy.retry: Unrecognized key: "attempts"`],
  ["a route to nowhere", minimal.replace("[primary]", "[primary, backup]"), `g.yaml:11:28 routes[0].deployments[1]: No deployment is called "backup"`],
  ["a URL that is not http", minimal.replace("http://", "ftp://"), "g.yaml:7:14 deployments[0].baseUrl: Expected an http or https URL"],
  ["a slash at a URL's end", minimal.replace("/v1", "/v1/"), "g.yaml:7:14 deployments[0].baseUrl: Expected no trailing slash"],
  ["a key twice in the file", `${minimal}region: a\nregion: b\n`, "g.yaml:13:1 Map keys must be unique"],
  ["no routes", minimal.replace(/routes:[^]*/, ""), "g.yaml:1:1 routes: Invalid input: expected array, received undefined"],
  ["broken YAML", "keys: [", "g.yaml:1:8 Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ["planted defects in a hardened config", `${minimal}hardened: true\ndefects:\n  - { kind: fail, share: 0.1 }\n`, "g.yaml:14:3 defects: A hardened gateway refuses planted defects, got fail"],
])("parseConfig: %s is refused by its place", (_, source, problem) => {
  expect(problemsOf(source)).toEqual([problem]);
});

test("parseConfig: two deployments of one name are refused", () => {
  const twice = minimal.replace(/( {2}- name: primary[^]*?)(?=routes:)/, "$1$1");
  expect(problemsOf(twice)).toEqual([`g.yaml:9:5 deployments[1]: "primary" is already at deployments[0]`]);
});

test("parseConfig: every problem is told, not the first alone", () => {
  expect(problemsOf(minimal.replace("openai", "cohere").replace("team: search, ", ""))).toHaveLength(2);
});

test("parseConfig: YAML under the name of JSON is refused", () => {
  expect(problemsOf(minimal, "g.json")[0]).toMatch(/^g\.json:1:1 not JSON, though its name says so: /);
});

test("readConfigFile: a file that is not there", () => {
  expect(() => readConfigFile("no-such-file.yaml")).toThrow(expect.objectContaining({ code: "config_unreadable" }));
});

test("FileConfigSource.reload: takes a good file and tells, keeps the last good one", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "g.yaml");
  writeFileSync(file, minimal);
  const source = new FileConfigSource(file);
  const told: string[] = [];
  const stop = source.onChange((next) => told.push(next.region));

  writeFileSync(file, `${minimal}region: b\n`);
  expect(source.reload()).toBeNull();
  expect(source.current().region).toBe("b");

  writeFileSync(file, `${minimal}region: 7\n`);
  expect(source.reload()).toMatchObject({ code: "config_invalid" });
  expect(source.current().region).toBe("b");

  stop();
  writeFileSync(file, `${minimal}region: c\n`);
  expect(source.reload()).toBeNull();
  expect(told).toEqual(["b"]);
});
