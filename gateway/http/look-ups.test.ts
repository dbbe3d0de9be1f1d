import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { neverSignal } from "../../kernel/signal.ts";
import { LookUps } from "./look-ups.ts";
import { UndiciTransport } from "./transport.ts";

const request = (port: number) => ({ method: "GET" as const, url: `http://127.0.0.1:${port}/`, headers: {}, body: new Uint8Array() });

/** A server that closes every connection after its answer, and a transport to it. */
async function rig() {
  const server = createHttpServer((_, response) => void response.setHeader("connection", "close").end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const lookUps = new LookUps();
  const transport = new UndiciTransport(() => 100, lookUps);
  onTestFinished(async () => {
    await transport.close();
    server.close();
  });
  const open = async () => (await transport.open(request(port), neverSignal)).status;
  return { open, lookUps, authority: `127.0.0.1:${port}` };
}

test.each([
  ["nxdomain", "dns"],
  ["timeout", "connect_timeout"],
  ["stale", "refused"],
] as const)("LookUps: %s: new connections fail (%s), until it is repaired", async (answer, kind) => {
  const { open, lookUps, authority } = await rig();
  expect(await open()).toBe(200);
  lookUps.fault(authority, answer);
  await expect(open()).rejects.toMatchObject({ kind });
  lookUps.repair(authority);
  expect(await open()).toBe(200);
});

test("LookUps: another host and port is not concerned", async () => {
  const { open, lookUps } = await rig();
  lookUps.fault("127.0.0.1:1", "nxdomain");
  expect(await open()).toBe(200);
});
