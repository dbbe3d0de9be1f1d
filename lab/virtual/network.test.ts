import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { Canceller, neverSignal } from "../../kernel/signal.ts";
import { bodyOf, TransportError, type Handler, type TransportResponse } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { VirtualNetwork } from "./network.ts";

const origin = "http://server:80";
const request = { method: "POST" as const, url: `${origin}/path?x=1`, headers: { a: "b" }, body: utf8Bytes("hello") };

function world(handler: Handler) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, seed: 1 });
  network.serve(origin, handler);
  const link = network.link({ id: "link", origin: "http://proxy:1", upstream: origin });
  return { clock, network, link, proxied: { ...request, url: "http://proxy:1/path" }, transport: network.transport() };
}

async function text(response: TransportResponse): Promise<string> {
  let all = "";
  for await (const bytes of response.body) all += utf8Text(bytes);
  return all;
}

const echo: Handler = async ({ method, path, headers, body }) => ({
  status: 200,
  headers: { seen: `${method} ${path} ${headers["a"]}` },
  body: bodyOf(body, utf8Bytes(" and more")),
});

test("VirtualNetwork: a request reaches its handler and the answer comes back, whole", async () => {
  const { clock, transport } = world(echo);
  const answered = transport.open(request, neverSignal).then(async (response) => [response.status, response.headers["seen"], await text(response)]);
  await clock.run();
  expect(await answered).toEqual([200, "POST /path?x=1 b", "hello and more"]);
});

test("VirtualNetwork: a slicer that cuts every byte apart changes nothing but time", async () => {
  const { clock, transport, link, proxied } = world(echo);
  link.toxics.add({ name: "cut", type: "slicer", stream: "downstream", toxicity: 1, attributes: { average_size: 1, size_variation: 0, delay: 10 } });
  const answered = transport.open(proxied, neverSignal).then(text);
  await clock.run();
  expect(await answered).toBe("hello and more");
});

test("VirtualNetwork: connections are kept alive, so a toxicity falls on connections and not on requests", async () => {
  const { clock, transport, link, proxied } = world(echo);
  link.toxics.add({ name: "slow", type: "latency", stream: "downstream", toxicity: 1, attributes: { latency: 100, jitter: 0 } });
  const times: number[] = [];
  const done = (async () => {
    for (let round = 0; round < 3; round++) {
      await text(await transport.open(proxied, neverSignal));
      times.push(Math.round(clock.nowMs()));
    }
  })();
  await clock.run();
  await done;
  expect(times).toEqual([100, 200, 300]);
});

test.each([
  ["reset", "reset"],
  ["closed_early", "closed_early"],
] as const)("VirtualNetwork: a server that ends with %s is seen so, before and after headers", async (kind, seen) => {
  const before = world(async () => {
    throw new TransportError(kind);
  });
  const after = world(async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield utf8Bytes("part");
      await after.clock.sleep(5);
      throw new TransportError(kind);
    })(),
  }));
  for (const { clock, transport } of [before, after]) {
    const failed = transport.open(request, neverSignal).then(text).catch((error: unknown) => error);
    await clock.run();
    expect(await failed).toMatchObject({ kind: seen });
  }
});

test("VirtualNetwork: a client that leaves cancels the server in the same instant", async () => {
  let goneAtMs = -1;
  const { clock, transport } = world((_, signal) => {
    signal.onAbort(() => (goneAtMs = clock.nowMs()));
    return new Promise(() => {});
  });
  const leaving = new Canceller();
  const failed = transport.open(request, leaving.signal).catch((error: unknown) => error);
  clock.at(50, () => leaving.cancel("left"));
  await clock.run();
  expect(await failed).toMatchObject({ kind: "aborted" });
  expect(goneAtMs).toBe(50);
});

test("VirtualNetwork: a link that is down refuses, and a server that nobody knows does too", async () => {
  const { clock, transport, link, proxied } = world(echo);
  link.setEnabled(false);
  const failures = Promise.all(
    [proxied, { ...request, url: "http://nobody:9/" }].map((each) => transport.open(each, neverSignal).catch((error: unknown) => error)),
  );
  await clock.run();
  expect(await failures).toMatchObject([{ kind: "refused" }, { kind: "refused" }]);
});
