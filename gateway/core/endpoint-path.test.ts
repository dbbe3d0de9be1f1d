import { expect, test } from "vitest";
import { endpointPath } from "./endpoint-path.ts";

test.each([
  ["/v1/chat/completions", "/v1/chat/completions"],
  ["/v1/messages?beta=true", "/v1/messages"],
  ["/v1/chat/completions/", "/v1/chat/completions"],
  ["/chat/completions?x=1", "/v1/chat/completions"],
  ["//v1//embeddings", "/v1/embeddings"],
  ["/v1/v1/messages", "/v1/messages"],
  ["/v1//responses/", "/v1/responses"],
  ["/models", "/v1/models"],
  ["/models/a%2Fb", "/v1/models/a%2Fb"],
  ["/v1/models/", "/v1/models"],
  ["/", "/"],
  ["//", "//"],
  ["/v1", "/v1"],
  ["/v1/", "/v1/"],
  ["/v1/files/", "/v1/files/"],
  ["/v1evil/chat/completions", "/v1evil/chat/completions"],
  ["/admin/state/", "/admin/state/"],
])("endpointPath: %s is %s", (url, path) => {
  expect(endpointPath(url)).toBe(path);
});
