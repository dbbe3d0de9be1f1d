import { expect, test } from "vitest";
import { foreignRequest } from "./foreign-request.ts";

const host = "127.0.0.1:8474";
const request = { host, origin: undefined, contentType: "application/json", hasBody: true };

test.each([
  ["JSON from a program", {}, null],
  ["JSON with a charset", { contentType: "application/json; charset=utf-8" }, null],
  ["no body", { hasBody: false, contentType: undefined }, null],
  ["its own origin", { origin: `http://${host}` }, null],
  ["localhost", { host: "localhost:8474" }, null],
  ["IPv6's loopback", { host: "[::1]:8474" }, null],
  ["a name that resolves to loopback", { host: "127.0.0.1.evil.test" }, 403],
  ["a name that ends like one", { host: "evil.localhost" }, 403],
  ["no Host", { host: undefined }, 403],
  ["the address of the network", { host: "192.0.2.1:8474" }, 403],
  ["a page", { origin: "https://evil.test" }, 403],
  ["a page without an origin", { origin: "null" }, 403],
  ["another server of this machine", { origin: "http://127.0.0.1:3000" }, 403],
  ["a form", { contentType: "application/x-www-form-urlencoded" }, 415],
  ["text that may be JSON", { contentType: "text/plain" }, 415],
  ["a type that begins like JSON", { contentType: "application/jsonp" }, 415],
  ["no type", { contentType: undefined }, 415],
])("foreignRequest: %s", (_, changes, status) => {
  expect(foreignRequest({ ...request, ...changes })?.status ?? null).toBe(status);
});

test("foreignRequest: on a network of its own the names of services pass too, and no domain", () => {
  const onOwnNetwork = true;
  const statusOf = (name: string) => foreignRequest({ ...request, host: name }, { onOwnNetwork })?.status ?? null;
  expect(["vault-a:8100", "control-a", host].map(statusOf)).toEqual([null, null, null]);
  expect(["evil.test", "vault-a.evil.test:8100", "", "192.0.2.1:8474"].map(statusOf)).toEqual([403, 403, 403, 403]);
  expect(foreignRequest({ ...request, host: "vault-a:8100" })?.status).toBe(403);
  expect(foreignRequest({ ...request, host: "vault-a:8100", origin: "https://evil.test" }, { onOwnNetwork })?.status).toBe(403);
});

test("foreignRequest: where clients send no type, a body without one passes, and a form still does not", () => {
  expect(foreignRequest({ ...request, contentType: undefined }, { typeless: true })).toBe(null);
  expect(foreignRequest({ ...request, contentType: "text/plain" }, { typeless: true })?.status).toBe(415);
});
