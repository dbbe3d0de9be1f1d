import { expect, test } from "vitest";
import { clientKey } from "./keys.ts";

test.each([
  [{ authorization: "bearer vk-1 " }, "vk-1"],
  [{ "x-api-key": " vk-1" }, "vk-1"],
  [{ "api-key": "vk-1" }, "vk-1"],
  [{ authorization: "Bearer vk-1", "x-api-key": "vk-2", "api-key": "vk-3" }, "vk-1"],
  [{ authorization: "", "x-api-key": "", "api-key": "vk-3" }, "vk-3"],
  [{ authorization: "Basic vk-1" }, undefined],
  [{}, undefined],
])("clientKey: %j has %s", (headers, key) => {
  expect(clientKey(headers)).toBe(key);
});
