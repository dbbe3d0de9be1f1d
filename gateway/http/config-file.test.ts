import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { LabError } from "../../kernel/errors.ts";
import { defaultPolicy, type PolicyConfig } from "../core/config.ts";
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
  expect(listen).toEqual({ host: "127.0.0.1", port: 0, bodyBytesMax: 10_485_760 });
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

test("docs/failures.md: its settings are the defaults, and those that are off unless set can be set", () => {
  const page = readFileSync(new URL("../../docs/failures.md", import.meta.url), "utf8");
  const [defaults, others] = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, block]) => block!);
  const { hedge, balance, concurrency, ...on } = defaultPolicy;
  expect(parse(defaults!)).toEqual({ policy: on });
  expect([hedge, balance, concurrency]).toEqual([null, null, null]);
  const { policy } = parseConfig(minimal + others!, "g.yaml").gateway;
  const { breaker, deadlines, ...set } = (parse(others!) as { policy: Partial<PolicyConfig> }).policy;
  expect(policy).toEqual({ ...defaultPolicy, ...set, breaker: { ...defaultPolicy.breaker, ...breaker }, deadlines: { ...defaultPolicy.deadlines, ...deadlines } });
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
  ["an alias without its anchor", minimal.replace("vk-1", "*vk-1"), "g.yaml:2:12 An alias without an anchor: quote a text that begins with *"],
  ["an alias within its own anchor", `${minimal}registry: { tools: [{ name: t, version: "1", parameters: &p { a: *p } }] }\n`, "g.yaml:12:66 An alias within its own anchor"],
  ["a key that no client could show", minimal.replace("vk-1", '"vk-1 "'), "g.yaml:2:12 keys[0].key: Expected printable ASCII without spaces: no client could send it otherwise"],
  ["no key at all", minimal.replace("vk-1", '""'), "g.yaml:2:12 keys[0].key: Expected printable ASCII without spaces: no client could send it otherwise"],
  ["a tag that nobody knows", minimal.replace("vk-1", "!env VK"), "g.yaml:2:12 Unresolved tag: !env"],
  ["a key in place of its reference", minimal.replace("env:PRIMARY", "sk-live-1"), "g.yaml:8:17 deployments[0].credential: Expected a reference, env:NAME, file:PATH or vault:NAME: a key does not belong in a config"],
  ["a password in a URL", minimal.replace("http://", "http://user:sk-live-1@"), "g.yaml:7:14 deployments[0].baseUrl: A user or password does not belong in a URL: name the key by credential"],
  ["a query in a URL to which paths are added", minimal.replace("/v1", "/v1?key=sk-live-1"), "g.yaml:7:14 deployments[0].baseUrl: Expected no query and no fragment"],
  ["a name that no header can hold", minimal.replaceAll("primary", "vorgänger→1"), "g.yaml:4:11 deployments[0].name: Expected printable ASCII: it is sent in headers"],
  ["the shape that is nearest to what was meant", `${minimal}cost: { prices: { m-1: { input: much, output: 1 } } }\n`, "g.yaml:12:33 cost.prices.m-1.input: Invalid input: expected number, received string"],
])("parseConfig: %s is refused by its place", (_, source, problem) => {
  expect(problemsOf(source)).toEqual([problem]);
});

test("parseConfig: two deployments of one name are refused", () => {
  const twice = minimal.replace(/( {2}- name: primary[^]*?)(?=routes:)/, "$1$1");
  expect(problemsOf(twice)).toEqual([`g.yaml:9:5 deployments[1]: "primary" is already at deployments[0]`]);
});

test("parseConfig: every problem is reported, not only the first", () => {
  expect(problemsOf(minimal.replace("openai", "cohere").replace("team: search, ", ""))).toHaveLength(2);
});

test("parseConfig: YAML under the name of JSON is refused", () => {
  expect(problemsOf(minimal, "g.json")[0]).toMatch(/^g\.json:1:1 not JSON, although its name ends in .json: /);
});

test.each([
  ["a comma too many", `{\n  "region": "a",\n}`, "g.json:3:1 not JSON, although its name ends in .json: Expected double-quoted property name"],
  ["a comma too many in a list", `{\n  "keys": [\n    1,\n  ]\n}`, "g.json:4:3 not JSON, although its name ends in .json: Unexpected token ']'"],
  ["a comment", `{\n  "region": "a",\n  # why\n  "routes": []\n}`, "g.json:3:3 not JSON, although its name ends in .json: Expected double-quoted property name"],
  ["single quotes", `{\n  "region":\n    'a'\n}`, `g.json:3:5 not JSON, although its name ends in .json: Unexpected token '''`],
  ["a number that YAML knows", `{\n  "concurrencyMax": 0x10\n}`, "g.json:2:22 not JSON, although its name ends in .json: Expected ',' or '}' after property value"],
  ["a word that YAML knows", `{\n  "hardened": yes\n}`, "g.json:2:15 not JSON, although its name ends in .json: Unexpected token 'y'"],
])("parseConfig: JSON with %s is refused by its place", (_, source, problem) => {
  expect(problemsOf(source, "g.json")).toEqual([problem]);
});

test("parseConfig: a byte order mark is no mistake", () => {
  expect(parseConfig(`\ufeff${minimal}`, "g.yaml")).toEqual(parseConfig(minimal, "g.yaml"));
  expect(problemsOf("\ufeff{}", "g.json")[0]).toMatch(/^g\.json:1:1 keys: /);
});

test("parseConfig: what aliases make of a few lines is bounded, and so are the problems of a file that is not a config", () => {
  const lists = ["a", "b", "c", "d", "e"].map((name, index, names) => `${name}: &${name} [${Array(9).fill(index === 0 ? "x" : `*${names[index - 1]}`).join(", ")}]\n`);
  expect(problemsOf(lists.join("") + minimal)).toEqual(["g.yaml:1:1 (root): Its aliases expand to too much"]);
  expect(problemsOf("[".repeat(20_000)).length).toBeLessThan(60);
});

test("parseConfig: an alias stands for what its anchor is", () => {
  const backup = "  - { name: backup, dialect: openai, model: m-1, baseUrl: http://127.0.0.1:9002/v1, credential: *key }\n";
  const { gateway } = parseConfig(minimal.replace("env:PRIMARY", "&key env:PRIMARY").replace("routes:", `${backup}routes:`), "g.yaml");
  expect(gateway.deployments.map(({ credential }) => credential)).toEqual(["env:PRIMARY", "env:PRIMARY"]);
});

test.each([
  ["no-such-file.yaml", "there is no such file"],
  [tmpdir(), "it is a directory, not a file"],
  ["/dev/zero", "it is a device, not a file"],
])("readConfigFile: %s: refused with its name and the reason", (file, reason) => {
  expect(() => readConfigFile(file)).toThrow(expect.objectContaining({ code: "config_unreadable", message: `Cannot read the config "${file}": ${reason}` }));
});

test.each([
  ["over the limit", (file: string) => truncateSync(file, (4 << 20) + 1), "it is larger than 4 MiB, the most that is read"],
  ["not UTF-8", (file: string) => appendFileSync(file, Buffer.from([0xff])), "line 2 is not UTF-8 text"],
])("readConfigFile: a file %s: refused with its name and the reason", (_, damage, reason) => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "g.yaml");
  writeFileSync(file, "routes: []\n");
  damage(file);
  expect(() => readConfigFile(file)).toThrow(expect.objectContaining({ code: "config_unreadable", message: `Cannot read the config "${file}": ${reason}` }));
});

function minimalSource() {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "g.yaml");
  writeFileSync(file, minimal);
  const clock = { time: 1_000, wallMs: () => clock.time };
  return { file, clock, source: new FileConfigSource(file, clock) };
}

test("FileConfigSource.reload: takes a good file and notifies, keeps the last good one", () => {
  const { file, source } = minimalSource();
  const regions: string[] = [];
  const stop = source.onChange((next) => regions.push(next.region));

  writeFileSync(file, `${minimal}region: b\n`);
  expect(source.reload()).toBeNull();
  expect(source.current().region).toBe("b");

  writeFileSync(file, `${minimal}region: 7\n`);
  expect(source.reload()).toMatchObject({ code: "config_invalid" });
  expect(source.current().region).toBe("b");

  stop();
  writeFileSync(file, `${minimal}region: c\n`);
  expect(source.reload()).toBeNull();
  expect(regions).toEqual(["b"]);
});

test("FileConfigSource.reload: what only a restart applies is named, and not used before", () => {
  const { file, source } = minimalSource();
  const redis = "store: { kind: redis, url: redis://127.0.0.1:6379/0 }\n";

  writeFileSync(file, `${minimal}${redis}listen: { port: 8080 }\n`);
  expect(source.reload()).toBeNull();
  expect(source.state()).toMatchObject({ reloads: 1, refused: null, needsRestart: ["listen", "store"] });

  writeFileSync(file, `${minimal}${redis}cache: { backend: store }\n`);
  expect(source.reload()?.message).toContain('cache.backend: A cache in the "store" needs a store of kind "redis"');

  writeFileSync(file, minimal);
  expect(source.reload()).toBeNull();
  expect(source.state()).toMatchObject({ reloads: 2, refused: null, needsRestart: [] });
});

test("FileConfigSource.state: which version is in force since when, and since when others are refused; virtual keys change no hash", () => {
  const { file, clock, source } = minimalSource();
  const { hash } = source.state();
  expect(source.state()).toEqual({ hash: expect.stringMatching(/^[0-9a-f]{64}$/), loadedAtMs: 1_000, reloads: 0, refused: null, refusedSinceMs: null, needsRestart: [] });
  for (const time of [2_000, 3_000]) {
    clock.time = time;
    writeFileSync(file, "{ broken");
    source.reload();
  }
  expect(source.state()).toMatchObject({ hash, loadedAtMs: 1_000, refused: expect.stringContaining("g.yaml"), refusedSinceMs: 2_000 });

  clock.time = 4_000;
  writeFileSync(file, minimal.replace("vk-1", "vk-2"));
  source.reload();
  expect(source.state()).toMatchObject({ hash, loadedAtMs: 4_000, refused: null, refusedSinceMs: null });
  writeFileSync(file, `${minimal}region: b\n`);
  source.reload();
  expect(source.state().hash).not.toBe(hash);
});
