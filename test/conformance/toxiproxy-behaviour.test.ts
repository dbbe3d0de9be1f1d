import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, Rig } from "./control.ts";
import { networks, type Network } from "./networks.ts";
import { echo, pause, startUpstream, WireClient } from "./wires.ts";

/** A timer may fire this much before its time by the other process's clock. */
const earlyMs = 5;
/** What a busy machine may add to any delay. */
const slackMs = 10_000;

const patterned = (size: number) => Buffer.from(Array.from({ length: size }, (_, index) => index % 251));

for (const choice of networks) {
  describe.skipIf(choice.start === null)(`toxics over real sockets: ${choice.name}`, { concurrent: true }, () => {
    let network: Network;
    beforeAll(async () => {
      network = await choice.start!();
    });
    afterAll(() => network.close());

    test("none: bytes pass in both directions unchanged", async () => {
      await using rig = await Rig.open(network, echo);
      const client = await rig.client();
      const data = patterned(300_000);
      client.send(data);
      await client.bytes(data.length);
      expect(client.received.equals(data)).toBe(true);
    });

    test("populate: `toxics` in the body are ignored", async () => {
      const upstream = await startUpstream(echo);
      const body = [{ name: "populated", listen: "127.0.0.1:0", upstream: upstream.address, toxics: [{ type: "limit_data", attributes: { bytes: 1 } }] }];
      const { proxies } = (await call(network, "POST", "/populate", body)) as { proxies: { listen: string; toxics: unknown[] }[] };
      expect(proxies[0]!.toxics).toEqual([]);
      const client = await WireClient.connect(proxies[0]!.listen);
      await client.roundTripMs("whole");
      client.destroy();
      await call(network, "DELETE", "/proxies/populated");
      await upstream.close();
    });

    test("upstream gone: the client is accepted and closed", async () => {
      await using rig = await Rig.open(network, echo);
      await rig.upstream.close();
      const client = await rig.client();
      expect(["fin", "reset"]).toContain(await client.ended());
    });

    test("latency: delays each direction by its own", async () => {
      await using rig = await Rig.open(network, echo, [
        { type: "latency", stream: "upstream", attributes: { latency: 100 } },
        { type: "latency", stream: "downstream", attributes: { latency: 150 } },
      ]);
      const tookMs = await (await rig.client()).roundTripMs();
      expect(tookMs).toBeGreaterThanOrEqual(250 - 2 * earlyMs);
      expect(tookMs).toBeLessThan(250 + slackMs);
    });

    test("latency: upstream's does not delay bytes from the server", async () => {
      await using rig = await Rig.open(network, (socket) => void socket.write("hello"), [{ type: "latency", stream: "upstream", attributes: { latency: 60_000 } }]);
      const client = await rig.client();
      await client.bytes(5);
      expect(client.received.toString()).toBe("hello");
    });

    test("latency: several add up", async () => {
      await using rig = await Rig.open(network, echo, [1, 2, 3].map((n) => ({ type: "latency", name: `lag${n}`, attributes: { latency: 80 } })));
      const tookMs = await (await rig.client()).roundTripMs();
      expect(tookMs).toBeGreaterThanOrEqual(240 - 3 * earlyMs);
    });

    test("latency with jitter: within latency +/- jitter, and not always the same", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "latency", attributes: { latency: 60, jitter: 40 } }]);
      const client = await rig.client();
      const times: number[] = [];
      for (let index = 0; index < 12; index++) times.push(await client.roundTripMs());
      expect(Math.min(...times)).toBeGreaterThanOrEqual(20 - earlyMs);
      expect(Math.max(...times)).toBeLessThan(100 + slackMs);
      expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(5);
    });

    test("latency: does not cut throughput, and keeps the order", async () => {
      const data = patterned(2_000_000);
      await using rig = await Rig.open(network, (socket) => void socket.end(data), [{ type: "latency", attributes: { latency: 1_000 } }]);
      const client = await rig.client();
      await client.ended();
      expect(client.received.equals(data)).toBe(true);
      // One after the other, its 61 chunks of 32 KB would take 61 s.
      expect(client.endedMs).toBeLessThan(30_000);
    });

    test("latency: added, changed and removed on a live connection; the held chunk is passed on at once", async () => {
      await using rig = await Rig.open(network, echo);
      const client = await rig.client();
      await client.roundTripMs();
      await rig.add({ type: "latency", name: "lag", attributes: { latency: 60_000 } });
      client.send("one");
      await pause(150);
      expect(client.received.toString()).toBe("ping");
      await rig.update("lag", { attributes: { latency: 50_000 } });
      await client.bytes(7);
      client.send("two");
      await pause(150);
      expect(client.received.toString()).toBe("pingone");
      await rig.remove("lag");
      await client.bytes(10);
      expect(client.received.toString()).toBe("pingonetwo");
      expect(await client.roundTripMs()).toBeLessThan(slackMs);
    });

    test("bandwidth: holds its rate", async () => {
      await using rig = await Rig.open(network, (socket) => void socket.end(patterned(60_000)), [{ type: "bandwidth", attributes: { rate: 100 } }]);
      const client = await rig.client();
      await client.ended();
      expect(client.received.equals(patterned(60_000))).toBe(true);
      expect(client.endedMs).toBeGreaterThanOrEqual(600 * 0.9);
      expect(client.endedMs).toBeLessThan(600 + slackMs);
    });

    test("bandwidth 0: nothing passes, and the connection is open; with a higher rate it flows", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "bandwidth", name: "thin", attributes: { rate: 0 } }]);
      const client = await rig.client();
      client.send("data");
      await pause(250);
      expect([client.received.length, client.end]).toEqual([0, "open"]);
      await rig.update("thin", { attributes: { rate: 1000 } });
      await client.bytes(4);
      expect(client.received.toString()).toBe("data");
    });

    test("slow_close: delays the close, not the data", async () => {
      await using rig = await Rig.open(network, (socket) => void socket.end("bye"), [{ type: "slow_close", name: "slow", attributes: { delay: 600_000 } }]);
      const client = await rig.client();
      await client.bytes(3);
      await pause(250);
      expect([client.received.toString(), client.end]).toEqual(["bye", "open"]);
      await rig.update("slow", { attributes: { delay: 500 } });
      const other = await rig.client();
      expect(await other.ended()).toBe("fin");
      expect(other.received.toString()).toBe("bye");
      expect(other.endedMs).toBeGreaterThanOrEqual(500 - 10 * earlyMs);
    });

    test("timeout: passes nothing and closes with FIN after its time", async () => {
      await using rig = await Rig.open(network, (socket) => void socket.write("lost"), [{ type: "timeout", attributes: { timeout: 300 } }]);
      const client = await rig.client();
      expect(await client.ended()).toBe("fin");
      expect(client.received.length).toBe(0);
      expect(client.endedMs).toBeGreaterThanOrEqual(300 - 10 * earlyMs);
      expect(client.endedMs).toBeLessThan(300 + slackMs);
    });

    test("timeout: steady data keeps it from closing", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "timeout", attributes: { timeout: 10_000 } }]);
      const client = await rig.client();
      while (client.nowMs() < 12_000) {
        client.send("x");
        await pause(100);
      }
      expect([client.received.length, client.end]).toEqual([0, "open"]);
    });

    test("timeout 0: stays open; removing it closes", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "timeout", name: "hole", attributes: { timeout: 0 } }]);
      const client = await rig.client();
      client.send("lost");
      await pause(250);
      expect([client.received.length, client.end]).toEqual([0, "open"]);
      await rig.remove("hole");
      expect(await client.ended()).toBe("fin");
      expect(client.received.length).toBe(0);
    });

    test("reset_peer: RST at the first data, none passed", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "reset_peer", attributes: { timeout: 0 } }]);
      const client = await rig.client();
      client.send("lost");
      expect(await client.ended()).toBe("reset");
      expect(client.received.length).toBe(0);
    });

    test("reset_peer: RST that time after the first data", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "reset_peer", stream: "upstream", attributes: { timeout: 300 } }]);
      const client = await rig.client();
      const sentMs = client.nowMs();
      client.send("lost");
      expect(await client.ended()).toBe("reset");
      expect(client.endedMs! - sentMs).toBeGreaterThanOrEqual(300 - earlyMs);
      expect(client.endedMs! - sentMs).toBeLessThan(300 + slackMs);
    });

    test("slicer: many small pieces, all bytes, spread over time", async () => {
      const data = patterned(1_024);
      await using rig = await Rig.open(network, (socket) => void socket.end(data), [
        { type: "slicer", attributes: { average_size: 64, size_variation: 16, delay: 100_000 } },
      ]);
      const client = await rig.client();
      await client.ended();
      expect(client.received.equals(data)).toBe(true);
      expect(client.pieces.length).toBeGreaterThan(4);
      expect(client.endedMs).toBeGreaterThan(600);
    });

    test("limit_data: exactly that many bytes of each connection, then closed", async () => {
      await using rig = await Rig.open(network, (socket) => void socket.write(patterned(500)), [{ type: "limit_data", attributes: { bytes: 100 } }]);
      for (const client of [await rig.client(), await rig.client()]) {
        expect(await client.ended()).toBe("fin");
        expect(client.received.equals(patterned(100))).toBe(true);
      }
    });

    test("limit_data 0: open until the first data, and passes none", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "limit_data", attributes: { bytes: 0 } }]);
      const client = await rig.client();
      await pause(100);
      expect(client.end).toBe("open");
      client.send("lost");
      await client.ended();
      expect(client.received.length).toBe(0);
    });

    test("limit_data: the count is kept on an update", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "limit_data", name: "cap", attributes: { bytes: 1_000 } }]);
      const client = await rig.client();
      client.send("12345");
      await client.bytes(5);
      await rig.update("cap", { attributes: { bytes: 8 } });
      client.send("67890");
      await client.ended();
      expect(client.received.toString()).toBe("12345678");
    });

    test("noop: passes", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "noop" }]);
      const client = await rig.client();
      await client.roundTripMs("through");
      expect(client.received.toString()).toBe("through");
    });

    test("several at once work in order: limited, then delayed, then closed", async () => {
      await using rig = await Rig.open(network, (socket) => void socket.write("abcdef"), [
        { type: "limit_data", attributes: { bytes: 3 } },
        { type: "latency", attributes: { latency: 250 } },
      ]);
      const client = await rig.client();
      expect(await client.ended()).toBe("fin");
      expect(client.received.toString()).toBe("abc");
      expect(client.pieces[0]!.atMs).toBeGreaterThanOrEqual(250 - 10 * earlyMs);
    });

    test("both directions: each has its own, of the same type", async () => {
      let seen = "";
      let sawAll = () => {};
      const seenAll = new Promise<void>((resolve) => (sawAll = resolve));
      await using rig = await Rig.open(
        network,
        (socket) => {
          socket.on("data", (bytes: Buffer) => {
            seen += bytes.toString();
            if (seen.length >= 4) sawAll();
          });
          socket.write("from the server");
        },
        [
          { type: "limit_data", name: "up", stream: "upstream", attributes: { bytes: 4 } },
          { type: "limit_data", name: "down", stream: "downstream", attributes: { bytes: 1_000 } },
        ],
      );
      const client = await rig.client();
      await client.bytes(15);
      client.send("from the client");
      await client.ended();
      expect(client.received.toString()).toBe("from the server");
      await seenAll;
      expect(seen).toBe("from");
    });

    test("toxicity: 0 acts on no connection, 1 on every one", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "limit_data", name: "cut", toxicity: 0, attributes: { bytes: 1 } }]);
      const spared = await rig.client();
      await spared.roundTripMs("whole");
      expect(spared.received.toString()).toBe("whole");
      await rig.update("cut", { toxicity: 1 });
      const taken = await rig.client();
      taken.send("whole");
      await taken.ended();
      expect(taken.received.toString()).toBe("w");
    });

    test("toxicity: 0.5 acts on some connections and not on others", async () => {
      await using rig = await Rig.open(network, echo, [{ type: "limit_data", toxicity: 0.5, attributes: { bytes: 1 } }]);
      const clients = await Promise.all(Array.from({ length: 40 }, () => rig.client()));
      for (const client of clients) client.send("ab");
      await Promise.all(clients.map((client) => client.until(() => client.received.length === 2 || client.end !== "open", "either")));
      const whole = clients.filter((client) => client.received.length === 2).length;
      // Outside this range once in some million runs.
      expect(whole).toBeGreaterThan(4);
      expect(whole).toBeLessThan(36);
    });

    test("disabled: live connections are closed and new ones refused; enabled: the same port serves", async () => {
      await using rig = await Rig.open(network, echo);
      const client = await rig.client();
      await client.roundTripMs();
      await rig.enable(false);
      expect(await client.ended()).toBe("fin");
      await expect(WireClient.connect(rig.listen)).rejects.toThrow(/ECONNREFUSED/);
      await rig.enable(true);
      await (await rig.client()).roundTripMs();
    });
  });
}
