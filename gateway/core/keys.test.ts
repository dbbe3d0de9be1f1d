import { expect, test } from "vitest";
import { clientKey, digestOfKey, keyOf } from "./keys.ts";

test("keyOf: finds a key by itself and by its digest, and takes no digest for a key", () => {
  const keys = [{ key: "vk-plain", team: "a", feature: "x" }, { key: digestOfKey("vk-hidden"), team: "b", feature: "y" }];
  const ownerOf = (key: string) => keyOf({ authorization: `Bearer ${key}` }, keys)?.team;
  expect([ownerOf("vk-plain"), ownerOf("vk-hidden"), ownerOf("vk-other"), ownerOf(digestOfKey("vk-hidden")), keyOf({}, keys)]).toEqual(["a", "b", undefined, undefined, undefined]);
});

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
