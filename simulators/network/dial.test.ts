import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { blackHole } from "./fixtures/black-hole.ts";
import { dial } from "./dial.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function listen(host: string, port = 0): Promise<number> {
  const server: Server = createServer((socket) => void socket.end(host));
  cleanups.push(() => void server.close());
  await new Promise<void>((resolve) => void server.listen(port, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** The address that accepted. Null when none did. */
function answerOf(socket: Socket): Promise<string | null> {
  cleanups.push(() => void socket.destroy());
  return new Promise((resolve) => {
    socket.once("data", (bytes) => resolve(bytes.toString()));
    socket.once("timeout", () => resolve(null));
    socket.on("error", () => resolve(null));
  });
}

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"));
const limitMs = 20_000;

test.each([
  ["127.0.0.1", ["127.0.0.1"]],
  ["127.0.0.1", ["127.0.0.2", "127.0.0.3", "127.0.0.1"]],
  ...(hasIpv6 ? ([["::1", ["127.0.0.1", "::1"]], ["127.0.0.1", ["::1", "127.0.0.1"]]] as const) : []),
] as const)("dial: only %s accepts, of %j: it is reached", async (host, [first, ...others]) => {
  const port = await listen(host);
  expect(await answerOf(dial({ hosts: [first!, ...others], port }, limitMs))).toBe(host);
});

test("dial: after its share of the time, an address that never answers is followed by the next", async () => {
  const hole = await blackHole();
  cleanups.push(() => hole[Symbol.dispose]());
  await listen("127.0.0.2", hole.port);
  expect(await answerOf(dial({ hosts: ["127.0.0.1", "127.0.0.2"], port: hole.port }, 2_000))).toBe("127.0.0.2");
});

test("dial: no address accepts: an error", async () => {
  const port = await listen("127.0.0.1");
  expect(await answerOf(dial({ hosts: ["127.0.0.2", "127.0.0.3"], port }, limitMs))).toBeNull();
});
