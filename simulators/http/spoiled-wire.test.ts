import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configOf } from "../core/examples.ts";
import { readProviderConfig } from "./config-file.ts";
import { askRaw, temporaryFolder } from "./running-provider.ts";
import { provide, spoiling } from "./sdk-support.ts";

test("reset_mid_header: half of the header lines, and then RST", async () => {
  await using provider = await provide({}, spoiling("reset_mid_header"));
  for (const stream of [false, true]) {
    const { end, text } = await askRaw(provider.url, "r1", { stream });
    expect(end).toBe("rst");
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: /);
    expect(text).not.toContain("\r\n\r\n");
  }
});

test("clean_end: the last chunk of HTTP is sent, the terminal event is not", async () => {
  await using provider = await provide({}, spoiling("clean_end"));
  const response = await fetch(`${provider.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer key" },
    body: JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: "hello" }], max_tokens: 5, stream: true }),
  });
  expect(await response.text()).toMatch(/^(data: \{.*\}\n\n)+$/);
});

test("empty_200: both kinds of answer are complete and empty", async () => {
  await using provider = await provide({}, spoiling("empty_200"));
  for (const stream of [false, true]) {
    const body = JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: "hello" }], stream });
    const response = await fetch(`${provider.url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer key" }, body });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  }
});

test.each([
  ["an unknown kind", [{ kind: "nonsense" }], /kind/],
  ["a share above 1", [{ kind: "stall", share: 2 }], /share/],
  ["shares above 1 together", [{ kind: "stall", share: 0.6 }, { kind: "malformed", share: 0.6 }], /test, phase 0: the shares of the effects add up to 1.2/],
  ["a field that is not there", [{ kind: "stall", bytes: 2 }], /bytes/],
])("readProviderConfig: effects with %s are refused", (_name, effects, message) => {
  using folder = temporaryFolder();
  const file = join(folder.path, "config.json");
  writeFileSync(file, JSON.stringify({ ...configOf({ effects: effects as never }), run: "test", tap: "wire.ndjson" }));
  expect(() => readProviderConfig(file)).toThrow(message);
});

test("readProviderConfig: effects arrive as they were written", () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "config.json");
  const effects = [{ kind: "slow_drip" as const, share: 0.1, bytesPerSecond: 20 }, { kind: "fail_first" as const, times: 3, status: 500 }];
  writeFileSync(file, JSON.stringify({ ...configOf({ effects }), run: "test", tap: "wire.ndjson" }));
  expect(readProviderConfig(file).incidents[0]!.phases[0]!.effects).toEqual(effects);
});
