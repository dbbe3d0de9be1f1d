import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Toxiproxy, type Latency } from "toxiproxy-node-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ToxicSettings } from "../../scenarios/faults/toxic.ts";
import type { Lease } from "../../lab/warden/undo.ts";
import { undoByHttp, type HttpStep } from "../../lab/warden/undo-http.ts";
import { NetworkFaults } from "../../lab/conductor/live/network-faults.ts";
import { freePort } from "../../lab/live/free-port.ts";
import { networks, type Network } from "./networks.ts";
import { echo, startUpstream, WireClient, type Upstream } from "./wires.ts";

const narrow = (rate: number): ToxicSettings => ({ toxic: "bandwidth", stream: "downstream", toxicity: 1, attributes: { rate } });

for (const choice of networks) {
  describe.skipIf(choice.start === null)(`toxiproxy-node-client: ${choice.name}`, () => {
    let network: Network;
    let upstream: Upstream;
    beforeAll(async () => {
      [network, upstream] = await Promise.all([choice.start!(), startUpstream(echo)]);
    });
    afterAll(async () => {
      await network.close();
      await upstream.close();
    });
    const open = (options: { prefix?: string } = {}) => new NetworkFaults({ apiUrl: network.url, ...options });
    const upstreamUrl = () => `http://${upstream.address}`;
    const clientOf = (url: string) => WireClient.connect(new URL(url).host);
    const names = async () => Object.keys(await new Toxiproxy(network.url).getAll());

    test("Toxiproxy: every call of the client has its documented effect", async () => {
      const client = new Toxiproxy(network.url);
      expect(JSON.parse(await client.getVersion())).toHaveProperty("version");
      const body = { name: "one", listen: "127.0.0.1:0", upstream: upstream.address };
      const proxy = await client.createProxy(body);
      await expect(client.createProxy(body)).rejects.toThrow(/409/);
      expect([proxy.name, proxy.upstream, proxy.enabled]).toEqual(["one", upstream.address, true]);
      const toxic = await proxy.addToxic<Latency>({ name: "lag", type: "latency", stream: "upstream", toxicity: 0.5, attributes: { latency: 5, jitter: 1 } });
      await expect(proxy.addToxic({ name: "lag", type: "latency", stream: "upstream", toxicity: 1, attributes: {} })).rejects.toThrow(/409/);
      const changed = await toxic.update({ ...toxic.toJson(), toxicity: 1, attributes: { latency: 6, jitter: 0 } });
      expect([changed.toxicity, changed.attributes]).toEqual([1, { latency: 6, jitter: 0 }]);
      expect((await proxy.getToxic("lag")).toJson()).toEqual(changed.toJson());
      await toxic.remove();
      await expect(proxy.getToxic("lag")).rejects.toThrow(/404/);
      const down = await proxy.update({ enabled: false, listen: proxy.listen, upstream: proxy.upstream });
      expect(down.enabled).toBe(false);
      const { one, two } = await client.populate([
        { name: "one", listen: proxy.listen, upstream: upstream.address },
        { name: "two", listen: "127.0.0.1:0", upstream: upstream.address },
      ]);
      expect([one!.enabled, two!.enabled]).toEqual([false, true]);
      await client.reset();
      expect((await client.get("one")).enabled).toBe(true);
      expect(await names()).toEqual(["one", "two"]);
      await proxy.remove();
      await two!.remove();
      await expect(client.get("one")).rejects.toThrow(/404/);
    });

    test("NetworkFaults: a link at a port that is taken is refused with the port, at one that is free it is created there", async () => {
      await using faults = open();
      const port = Number(new URL(upstreamUrl()).port);
      await expect(faults.createLink("primary", upstreamUrl(), port)).rejects.toMatchObject({ code: "port_in_use", message: expect.stringContaining(`Cannot create link "primary": port ${port} of 127.0.0.1 is in use`) });
      const free = await freePort();
      expect((await faults.createLink("primary", upstreamUrl(), free)).url).toBe(`http://127.0.0.1:${free}`);
    });

    test("NetworkFaults: toxics are added and removed on a live connection", async () => {
      await using faults = open();
      expect(await faults.version()).not.toBe("");
      const link = await faults.createLink("primary", upstreamUrl());
      const client = await clientOf(link.url);
      await client.roundTripMs();
      await faults.addToxic("primary", "brownout", narrow(0));
      client.send("held");
      await faults.addToxic("primary", "wider", narrow(1_000));
      await faults.removeToxic("primary", "brownout");
      await client.bytes(8);
      await faults.removeToxic("primary", "wider");
      await faults.removeToxic("primary", "wider");
      expect(client.received.toString()).toBe("pingheld");
      client.destroy();
    });

    test("NetworkFaults: a link goes down and up again on the same port", async () => {
      await using faults = open();
      const link = await faults.createLink("primary", upstreamUrl());
      await faults.setEnabled("primary", false);
      await expect(clientOf(link.url)).rejects.toThrow(/ECONNREFUSED/);
      await faults.liftAll();
      const client = await clientOf(link.url);
      await client.roundTripMs();
      client.destroy();
    });

    test("NetworkFaults: close removes what it created, and nothing else", async () => {
      const foreign = await new Toxiproxy(network.url).createProxy({ name: "foreign", listen: "127.0.0.1:0", upstream: upstream.address });
      await foreign.addToxic({ name: "theirs", type: "latency", stream: "upstream", toxicity: 1, attributes: { latency: 1 } });
      const faults = open({ prefix: "blastlab-" });
      await faults.createLink("a deployment/with signs", upstreamUrl());
      await faults.addToxic("a deployment/with signs", "odd id/1", narrow(0));
      expect(await names()).toEqual(["blastlab-a-deployment-with-signs", "foreign"]);
      await faults.close();
      expect(await names()).toEqual(["foreign"]);
      expect((await foreign.getToxic("theirs")).name).toBe("theirs");
      await foreign.remove();
    });

    test("NetworkFaults: each lease is undone by HTTP alone, also when there is nothing left to undo", async () => {
      const faults = open();
      const link = await faults.createLink("primary", upstreamUrl());
      expect(await undo(faults.toxicLease("primary", "brownout"))).toEqual(["gone"]);
      await faults.addToxic("primary", "brownout", narrow(0));
      await faults.setEnabled("primary", false);
      for (const lease of [faults.toxicLease("primary", "brownout"), faults.disabledLease("primary")]) expect(await undo(lease)).toEqual(["undone"]);
      const client = await clientOf(link.url);
      await client.roundTripMs();
      client.destroy();
      expect(await undo(faults.linkLease("primary"))).toEqual(["undone"]);
      expect(await undo(faults.linkLease("primary"))).toEqual(["gone"]);
      expect(await names()).toEqual([]);
    });

    test("NetworkFaults: a refusal by the server is a LabError with a hint", async () => {
      await using faults = open();
      await faults.createLink("primary", upstreamUrl());
      const other = open();
      await expect(other.createLink("primary", upstreamUrl())).rejects.toMatchObject({ name: "LabError", exit: "failed", code: "link_exists" });
      await expect(other.addToxic("primary", "x", narrow(0))).rejects.toMatchObject({ code: "link_unknown" });
      await expect(faults.addToxic("primary", "x", { ...narrow(0), toxic: "nope" as ToxicSettings["toxic"] })).rejects.toMatchObject({ code: "toxiproxy_refused", hint: expect.stringMatching(/./) });
      expect(await names()).toEqual(["primary"]);
    });
  });
}

/** As the warden does it: from JSON. */
async function undo(lease: Lease): Promise<readonly string[]> {
  const { steps } = JSON.parse(JSON.stringify(lease)) as Lease;
  return Promise.all(steps.map((step) => undoByHttp(step as HttpStep)));
}

describe("NetworkFaults", () => {
  test("nobody there: toxiproxy_unreachable", async () => {
    const faults = new NetworkFaults({ apiUrl: `http://127.0.0.1:${await freePort()}` });
    await expect(faults.version()).rejects.toMatchObject({ code: "toxiproxy_unreachable" });
  });

  test("somebody else there: toxiproxy_refused; somebody who never answers: toxiproxy_timeout", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/version") response.end("<html>");
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const faults = new NetworkFaults({ apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, timeoutMs: 3_000 });
    await expect(faults.version()).rejects.toMatchObject({ code: "toxiproxy_refused" });
    await expect(faults.createLink("primary", "http://127.0.0.1:1")).rejects.toMatchObject({ code: "toxiproxy_timeout" });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
