import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Canceller, neverSignal } from "../../kernel/signal.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { UndiciTransport } from "./undici-transport.ts";

interface Served extends AsyncDisposable {
  readonly url: string;
  /** Resolves when the connection of the first request has closed. */
  readonly left: Promise<void>;
}

async function served(listener: RequestListener): Promise<Served> {
  const left = Promise.withResolvers<void>();
  const server = createServer((incoming, outgoing) => {
    outgoing.once("close", () => left.resolve());
    listener(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, left: left.promise, [Symbol.asyncDispose]: close };
}

const get = (url: string) => ({ method: "GET" as const, url, headers: {}, body: new Uint8Array() });

test("UndiciTransport: asks for an unencoded answer, and returns status, headers and bytes", async () => {
  await using server = await served((incoming, outgoing) => void outgoing.writeHead(418, { "x-twice": ["a", "b"], "set-cookie": ["c=1", "d=2"] }).end(`${incoming.url} ${incoming.headers["accept-encoding"]}`));
  await using transport = new UndiciTransport();
  const { status, headers, body } = await transport.open(get(`${server.url}/p?q=1`), neverSignal);
  expect({ status, headers }).toMatchObject({ status: 418, headers: { "x-twice": "a, b", "set-cookie": "c=1\nd=2" } });
  const parts = await Array.fromAsync(body, utf8Text);
  expect(parts.join("")).toBe("/p?q=1 identity");
});

test("UndiciTransport: leaving a body early closes its connection", async () => {
  await using server = await served((_incoming, outgoing) => void outgoing.writeHead(200).write("first"));
  await using transport = new UndiciTransport();
  const { body } = await transport.open(get(server.url), neverSignal);
  for await (const chunk of body) {
    expect(utf8Text(chunk)).toBe("first");
    break;
  }
  await server.left;
});

test.each(["headers", "body"] as const)("UndiciTransport: a cancel while it waits for the %s rejects at once, and closes the connection", async (phase) => {
  const asked = Promise.withResolvers<void>();
  await using server = await served((_incoming, outgoing) => {
    if (phase === "body") outgoing.writeHead(200).flushHeaders();
    asked.resolve();
  });
  await using transport = new UndiciTransport();
  const canceller = new Canceller();
  const read = transport.open(get(server.url), canceller.signal).then(({ body }) => Array.fromAsync(body));
  await asked.promise;
  canceller.cancel("enough");
  await expect(read).rejects.toMatchObject({ kind: "aborted" });
  await server.left;
});

test("UndiciTransport: a signal that was cancelled before opens nothing", async () => {
  await using transport = new UndiciTransport();
  const canceller = new Canceller();
  canceller.cancel("early");
  await expect(transport.open(get("http://127.0.0.1:1"), canceller.signal)).rejects.toMatchObject({ kind: "aborted" });
});

test("UndiciTransport: a server that sends more than is taken has to wait, and loses nothing", async () => {
  const chunk = Buffer.alloc(2 ** 20, "x");
  const count = 64;
  let written = 0;
  await using server = await served((_incoming, outgoing) => {
    outgoing.writeHead(200);
    const write = (): void => {
      while (written < count) {
        written++;
        if (!outgoing.write(chunk)) return void outgoing.once("drain", write);
      }
      outgoing.end();
    };
    write();
  });
  await using transport = new UndiciTransport();
  const { body } = await transport.open(get(server.url), neverSignal);
  const iterator = body[Symbol.asyncIterator]();
  let bytes = (await iterator.next()).value!.length;
  await expect.poll(() => written, { interval: 100 }).toBeGreaterThan(0);
  const before = await stillAt(() => written);
  expect(before).toBeLessThan(count);
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) bytes += next.value.length;
  expect(bytes).toBe(count * chunk.length);
});

/** The value once it no longer changes from one look to the next. */
async function stillAt(value: () => number): Promise<number> {
  let last = -1;
  await expect
    .poll(
      () => {
        const same = value() === last;
        last = value();
        return same;
      },
      { interval: 200 },
    )
    .toBe(true);
  return last;
}
