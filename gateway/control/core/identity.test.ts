import { expect, test } from "vitest";
import { judgeIdentity, type ExpectedIdentity, type ObservedIdentity } from "./identity.ts";

const observed: ObservedIdentity = { model: "gpt-4o-mini", id: "chatcmpl-1", answer: "ready", endpointHost: "api.example:443" };

test.each<[string, ExpectedIdentity | undefined, Partial<ObservedIdentity> | null, boolean]>([
  ["confirmed", { model: "gpt-4o-mini", idPattern: "^chatcmpl-", answerPattern: "ready", endpointHost: "api.example:443" }, {}, true],
  ["contradicted", { model: "gpt-4o-mini" }, { model: "claude" }, false],
  ["contradicted", { model: "gpt.4o-mini" }, {}, false],
  ["contradicted", { endpointHost: "api.example:443", model: "gpt-4o-mini" }, { endpointHost: "other.example", model: null }, false],
  ["contradicted", { idPattern: "^msg_", unverifiable: true }, {}, false],
  ["unverifiable", { idPattern: "^chatcmpl-" }, { id: null }, false],
  ["unverifiable", undefined, {}, false],
  ["unverifiable", { model: "gpt-4o-mini" }, null, false],
  ["unverifiable", { unverifiable: true }, {}, true],
  ["unverifiable", {}, {}, false],
])("judgeIdentity: %s for %j where the answer shows %j", (result, expected, changes, passes) => {
  expect(judgeIdentity("primary", expected, changes && { ...observed, ...changes })).toMatchObject({ result, passes });
});
