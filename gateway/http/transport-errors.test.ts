import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { neverSignal } from "../../kernel/signal.ts";
import { UndiciTransport } from "./transport.ts";
import { toTransportError } from "./transport-errors.ts";

const coded = (code: string, more: object = {}) => Object.assign(new Error(`${code} 10.1.2.3:443 inner.example`), { code, ...more });

test.each([
  ["a certificate of an authority that is not known", coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "refused", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ["a certificate that nobody signed", coded("DEPTH_ZERO_SELF_SIGNED_CERT"), "refused", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ["a certificate that has expired", coded("CERT_HAS_EXPIRED"), "refused", "CERT_HAS_EXPIRED"],
  ["a certificate of another host", coded("ERR_TLS_CERT_ALTNAME_INVALID"), "refused", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ["a refusal", coded("ECONNREFUSED", { syscall: "connect", address: "10.1.2.3" }), "refused", "connect ECONNREFUSED"],
  ["all addresses of a host", Object.assign(new AggregateError([coded("ECONNREFUSED")]), { code: "ECONNREFUSED" }), "refused", "ECONNREFUSED"],
  ["a host that is not there", coded("ENOTFOUND", { syscall: "getaddrinfo", hostname: "inner.example" }), "dns", "getaddrinfo ENOTFOUND"],
  ["a reset", coded("ECONNRESET", { syscall: "read" }), "reset", "read ECONNRESET"],
])("toTransportError: %s is %s, and its message names no address", (_, error, kind, detail) => {
  const { kind: kindOf, message } = toTransportError(error);
  expect([kindOf, message]).toEqual([kind, `${kind}: ${detail}`]);
});

test("UndiciTransport: HTTPS at a port of plain HTTP cannot be connected to", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  await using transport = new UndiciTransport(() => 1_000);
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  await expect(transport.open({ method: "POST", url, headers: {}, body: new Uint8Array(0) }, neverSignal)).rejects.toMatchObject({ kind: "refused" });
});
