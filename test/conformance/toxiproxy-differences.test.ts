import { lookup } from "node:dns/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { blackHole } from "../../simulators/network/fixtures/black-hole.ts";
import { call, Rig } from "./control.ts";
import { differences, type DifferenceName } from "./differences.ts";
import { networks, startEmbedded, type Network } from "./networks.ts";
import { echo, pause, settled, startUpstream, WireClient } from "./wires.ts";

vi.mock("node:dns/promises", async (original) => {
  const { lookup: real, ...others } = await original<typeof import("node:dns/promises")>();
  return { ...others, lookup: vi.fn(real) };
});

type Check = (network: Network, real: boolean) => Promise<void>;

const asked = async (network: Network, method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(network.url + path, { method, redirect: "manual", ...(body === undefined ? {} : { headers: { "content-type": "application/json", ...headers }, body }) });
  return { status: response.status, text: await response.text() };
};

/** Sends `text` through every client and returns which got it back, once no more comes. */
async function whoAnswers(clients: readonly WireClient[], text: string): Promise<boolean[]> {
  for (const client of clients) client.send(text);
  await settled(() => clients.reduce((sum, { received }) => sum + received.length, 0));
  return clients.map((client) => client.received.toString().endsWith(text));
}

/** Each deliberate difference, seen on the embedded proxy and, where it can be asked without harm, on Toxiproxy. */
const checks: { readonly [name in DifferenceName]: Check } = {
  loopbackOnly: async (network) => {
    const foreign = ["0.0.0.0", "[::]", "", "10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]", "no-such-name.invalid"];
    for (const host of foreign) {
      for (const addresses of [{ listen: `${host}:0`, upstream: "127.0.0.1:1" }, { listen: "127.0.0.1:0", upstream: `${host}:80` }]) {
        const { status, text } = await asked(network, "POST", "/proxies", JSON.stringify({ name: "far", ...addresses }));
        expect([status, text]).toEqual([400, expect.stringMatching(/refused: .*loopback/)]);
      }
    }
    await using rig = await Rig.open(network, echo);
    const moved = await asked(network, "PATCH", `/proxies/${rig.proxy}`, '{"upstream":"10.0.0.1:80"}');
    expect(moved.status).toBe(400);
    await (await rig.client()).roundTripMs();
    expect((await asked(network, "GET", "/proxies/far")).status).toBe(404);
  },
  listenDefault: async (network) => {
    const made = await call(network, "POST", "/proxies", { name: "anywhere", upstream: "127.0.0.1:1" });
    expect((made as { listen: string }).listen).toMatch(/^127\.0\.0\.1:\d+$/);
    await call(network, "DELETE", "/proxies/anywhere");
  },
  toxicsOnCreate: async (network, real) => {
    const upstream = await startUpstream(echo);
    const toxics = [{ type: "limit_data", attributes: { bytes: 2 } }];
    const made = await call(network, "POST", "/proxies", { name: "born-sick", listen: "127.0.0.1:0", upstream: upstream.address, toxics });
    const client = await WireClient.connect((made as { listen: string }).listen);
    client.send("abcd");
    if (real) await client.bytes(4);
    else await client.ended();
    expect(client.received.toString()).toBe(real ? "abcd" : "ab");
    client.destroy();
    await call(network, "DELETE", "/proxies/born-sick");
    const bad = JSON.stringify({ name: "never", listen: "127.0.0.1:0", upstream: upstream.address, toxics: [{ type: "nope" }] });
    expect((await asked(network, "POST", "/proxies", bad)).status).toBe(real ? 201 : 400);
    expect((await asked(network, "DELETE", "/proxies/never")).status).toBe(real ? 204 : 404);
    await upstream.close();
  },
  atomicUpdate: async (network, real) => {
    await using rig = await Rig.open(network, echo, [{ type: "latency", name: "lag", attributes: { latency: 1, jitter: 1 } }]);
    const path = `/proxies/${rig.proxy}/toxics/lag`;
    expect((await asked(network, "PATCH", path, '{"attributes":{"latency":9,"jitter":"x"}}')).status).toBe(400);
    expect(((await call(network, "GET", path)) as { attributes: object }).attributes).toEqual({ latency: real ? 9 : 1, jitter: 1 });
  },
  bodyLimit: async (network, real) => {
    const body = JSON.stringify({ name: "", padding: "x".repeat(1024 * 1024) });
    expect((await asked(network, "POST", "/proxies", body)).status).toBe(real ? 400 : 413);
  },
  foreignRequests: async (network, real) => {
    const created = (headers: Record<string, string>) => asked(network, "POST", "/proxies", JSON.stringify({ name: "foreign", upstream: "127.0.0.1:1" }), headers);
    for (const headers of [{ origin: "https://example.com" }, { "content-type": "text/plain" }]) {
      expect((await created(headers)).status).toBe(real ? 201 : "origin" in headers ? 403 : 415);
      if (real) await call(network, "DELETE", "/proxies/foreign");
    }
  },
  pathCleaning: async (network, real) => {
    expect((await asked(network, "GET", "//proxies")).status).toBe(real ? 301 : 404);
  },
  resolvedOnce: async (network) => {
    const upstream = await startUpstream(echo);
    const port = upstream.address.split(":")[1]!;
    vi.mocked(lookup).mockClear();
    const made = await call(network, "POST", "/proxies", { name: "named", listen: "127.0.0.1:0", upstream: `localhost:${port}` });
    expect(lookup).toHaveBeenCalledTimes(1);
    for (let count = 0; count < 3; count++) {
      const client = await WireClient.connect((made as { listen: string }).listen);
      await client.roundTripMs();
      client.destroy();
    }
    expect(lookup).toHaveBeenCalledTimes(1);
    await call(network, "DELETE", "/proxies/named");
    await upstream.close();
  },
  editsNeverWait: async (network, real) => {
    const data = Buffer.alloc(30_000_000, "d");
    await using rig = await Rig.open(network, (socket) => void socket.write(data), [{ type: "latency", name: "lag", attributes: { latency: 60_000 } }]);
    const client = await rig.client();
    client.stopReading();
    // The upstream fills the queue of the toxic.
    await settled(() => [...rig.upstream.sockets].reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0));
    const removal = rig.remove("lag");
    if (real) {
      expect(await Promise.race([removal, pause(1_000).then(() => "waits")])).toBe("waits");
      client.startReading();
      await removal;
      return;
    }
    await removal;
    expect(client.received.length).toBe(0);
    client.startReading();
    await client.bytes(data.length);
    expect(client.received.equals(data)).toBe(true);
  },
  dialApart: async (network, real) => {
    const hole = await blackHole();
    const made = await call(network, "POST", "/proxies", { name: "hole", listen: "127.0.0.1:0", upstream: `127.0.0.1:${hole.port}` });
    const { listen } = made as { listen: string };
    const clients = [await WireClient.connect(listen), await WireClient.connect(listen)];
    if (real) await pause(6_000);
    else await Promise.all(clients.map((client) => client.ended()));
    expect(clients.map(({ end }) => end)).toEqual(real ? ["open", "open"] : ["fin", "fin"]);
    for (const client of clients) client.destroy();
    hole[Symbol.dispose]();
    await call(network, "DELETE", "/proxies/hole");
  },
  halfClose: async (network, real) => {
    await using rig = await Rig.open(network, (socket) => void socket.on("end", () => socket.end("the answer")).resume());
    const client = await rig.client();
    client.send("the question");
    client.halfClose();
    await client.ended();
    expect(client.received.toString()).toBe(real ? "" : "the answer");
  },
  resetOnlyTaken: async (network, real) => {
    await using rig = await Rig.open(network, (socket) => void socket.end("bye"), [{ type: "reset_peer", toxicity: 0 }]);
    expect(await (await rig.client()).ended()).toBe(real ? "reset" : "fin");
  },
  resetLive: async (network, real) => {
    await using rig = await Rig.open(network, echo);
    const client = await rig.client();
    await client.roundTripMs();
    await rig.add({ type: "reset_peer" });
    client.send("x");
    expect(await client.ended()).toBe(real ? "fin" : "reset");
  },
  resetInterrupted: async (network) => {
    await using rig = await Rig.open(network, echo, [{ type: "reset_peer", name: "rst", attributes: { timeout: 60_000 } }]);
    const client = await rig.client();
    client.send("kept");
    await pause(100);
    await rig.remove("rst");
    await client.bytes(4);
    expect([client.received.toString(), client.end]).toEqual(["kept", "open"]);
  },
  timeoutSpared: async (network, real) => {
    await using rig = await Rig.open(network, echo, [{ type: "timeout", name: "hole", toxicity: 0 }]);
    const client = await rig.client();
    await client.roundTripMs();
    await rig.remove("hole");
    if (real) await client.ended();
    else await client.roundTripMs();
    expect(client.end).toBe(real ? "fin" : "open");
  },
  coinOnce: async (network) => {
    const again = await startEmbedded();
    const taken: boolean[][] = [];
    for (const server of [network, again]) {
      const upstream = await startUpstream(echo);
      const toxics = [{ type: "bandwidth", name: "stop", toxicity: 0.5 }];
      const made = await call(server, "POST", "/proxies", { name: "coins", listen: "127.0.0.1:0", upstream: upstream.address, toxics });
      const clients: WireClient[] = [];
      for (let index = 0; index < 24; index++) clients.push(await WireClient.connect((made as { listen: string }).listen));
      const before = await whoAnswers(clients, "before");
      await call(server, "POST", "/proxies/coins/toxics", { type: "latency", name: "next" });
      await call(server, "PATCH", "/proxies/coins/toxics/next", { toxicity: 0.5 });
      await call(server, "DELETE", "/proxies/coins/toxics/next");
      expect(await whoAnswers(clients, "after")).toEqual(before);
      taken.push(before);
      for (const client of clients) client.destroy();
      await call(server, "DELETE", "/proxies/coins");
      await upstream.close();
    }
    await again.close();
    expect(new Set(taken[0])).toEqual(new Set([true, false]));
    expect(taken[1]).toEqual(taken[0]);
  },
  attributesNeverKill: async (network) => {
    await using rig = await Rig.open(network, echo, [
      { type: "slicer", name: "default" },
      { type: "slicer", name: "wide", attributes: { average_size: 2, size_variation: 1_000_000, delay: -5 } },
      { type: "slicer", name: "negative", attributes: { average_size: -2, size_variation: -1, delay: -5 } },
      { type: "latency", attributes: { latency: -(2 ** 53), jitter: -1 } },
      { type: "slow_close", attributes: { delay: -1 } },
    ]);
    const client = await rig.client();
    const text = "0123456789".repeat(20);
    await client.roundTripMs(text);
    expect(client.received.toString()).toBe(text);
    await rig.add({ type: "bandwidth", name: "backwards", attributes: { rate: -5 } });
    client.send("more");
    await pause(100);
    expect([client.received.length, client.end]).toEqual([200, "open"]);
  },
};

for (const choice of networks) {
  describe.skipIf(choice.start === null)(`deliberate differences: ${choice.name}`, () => {
    let network: Network;
    beforeAll(async () => {
      network = await choice.start!();
    });
    afterAll(() => network.close());
    const real = choice.kind === "toxiproxy-server";
    for (const [name, check] of Object.entries(checks)) {
      const { embedded, toxiproxy, checkedOn } = differences[name as DifferenceName];
      if (!real || checkedOn === "both") test(`${name}: ${real ? toxiproxy : embedded}`, () => check(network, real));
    }
  });
}
