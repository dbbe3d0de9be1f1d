import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { openConnection, toxicityCoin, type Connection } from "./connection.ts";
import type { Link } from "./link.ts";
import { toxicAttributes, type ToxicSettings, type ToxicType } from "./settings.ts";
import { ToxicSet } from "./toxic-set.ts";

function toxic(type: ToxicType, attributes: Record<string, number> = {}, more: Partial<ToxicSettings> = {}): ToxicSettings {
  return { name: type, type, stream: "downstream", toxicity: 1, attributes, ...more };
}

interface World {
  readonly clock: VirtualClock;
  readonly toxics: ToxicSet;
  readonly connection: Connection;
  /** What each direction has delivered, and when. */
  readonly down: Received;
  readonly up: Received;
}

interface Received {
  readonly at: { readonly ms: number; readonly text: string }[];
  endedMs: number | null;
}

function world(toxics: readonly ToxicSettings[], ordinal = 0): World {
  const clock = new VirtualClock();
  const set = new ToxicSet();
  for (const settings of toxics) set.add(settings);
  const connection = openConnection({ clock, seed: 7, proxy: "p", ordinal, toxics: set });
  return { clock, toxics: set, connection, down: receive(clock, connection.downstream), up: receive(clock, connection.upstream) };
}

function receive(clock: VirtualClock, link: Link): Received {
  const received: Received = { at: [], endedMs: null };
  void (async () => {
    for await (const bytes of link.output) received.at.push({ ms: clock.nowMs(), text: String.fromCharCode(...bytes) });
    received.endedMs = clock.nowMs();
  })();
  return received;
}

const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const textOf = (received: Received) => received.at.map((entry) => entry.text).join("");
const send = (link: Link, text: string) => void link.write(bytesOf(text));

test("openConnection, no toxics: bytes pass at once, and each direction ends on its own", async () => {
  const { clock, connection, down, up } = world([]);
  send(connection.upstream, "ask");
  connection.upstream.end();
  await clock.run();
  expect(up).toEqual({ at: [{ ms: 0, text: "ask" }], endedMs: 0 });
  expect(connection.upstream.ending).toBe("half_close");
  expect(connection.end).toBeNull();
  send(connection.downstream, "answer");
  connection.downstream.end();
  await clock.run();
  expect(textOf(down)).toBe("answer");
  expect(connection.end).toBe("closed");
});

test("Link.isClear: while no toxic acts, nothing waits and a reader waits for more", async () => {
  const clock = new VirtualClock();
  const toxics = new ToxicSet();
  const link = openConnection({ clock, seed: 1, proxy: "p", ordinal: 0, toxics }).downstream;
  expect(link.isClear).toBe(false);
  const output = link.output[Symbol.asyncIterator]();
  let next = output.next();
  expect(link.isClear).toBe(true);
  send(link, "x");
  expect(link.isClear).toBe(false);
  await next;
  expect(link.isClear).toBe(false);
  next = output.next();
  expect(link.isClear).toBe(true);
  toxics.add(toxic("latency", { latency: 10 }));
  expect(link.isClear).toBe(false);
  send(link, "y");
  toxics.remove("latency");
  expect(link.isClear).toBe(false);
  await next;
  next = output.next();
  expect(link.isClear).toBe(true);
  link.end();
  expect(link.isClear).toBe(false);
  expect((await next).done).toBe(true);
});

test("Link.write: waits for the reader, so that a slow reader slows the sender", async () => {
  const clock = new VirtualClock();
  const connection = openConnection({ clock, seed: 1, proxy: "p", ordinal: 0, toxics: new ToxicSet() });
  let written = 0;
  void (async () => {
    for (let index = 0; index < 10; index++) {
      await connection.downstream.write(bytesOf("x"));
      written++;
    }
  })();
  await clock.run();
  expect(written).toBe(0);
  const output = connection.downstream.output[Symbol.asyncIterator]();
  await output.next();
  await clock.run();
  expect(written).toBe(1);
});

test("Connection.close: ends both directions and notifies once", async () => {
  const { clock, connection, down, up } = world([toxic("latency", { latency: 1000 })]);
  const ends: string[] = [];
  connection.onEnd((end) => ends.push(end));
  send(connection.downstream, "late");
  connection.close("reset");
  connection.close("closed");
  await clock.run();
  expect(ends).toEqual(["reset"]);
  expect([down.endedMs, up.endedMs, textOf(down)]).toEqual([0, 0, ""]);
  expect(clock.idle).toBe(true);
});

test("latency: delays every chunk from its own arrival", async () => {
  const { clock, connection, down } = world([toxic("latency", { latency: 100 })]);
  send(connection.downstream, "a");
  clock.at(30, () => send(connection.downstream, "b"));
  await clock.run();
  expect(down.at).toEqual([{ ms: 100, text: "a" }, { ms: 130, text: "b" }]);
});

test("latency: two add up, and the end follows the data", async () => {
  const first = toxic("latency", { latency: 100 }, { name: "one" });
  const second = toxic("latency", { latency: 50 }, { name: "two" });
  const { clock, connection, down } = world([first, second]);
  send(connection.downstream, "a");
  connection.downstream.end();
  await clock.run();
  expect(down).toEqual({ at: [{ ms: 150, text: "a" }], endedMs: 150 });
});

test("latency, jitter: stays within latency +/- jitter, keeps the order, and is the same for the same seed", async () => {
  const times = async () => {
    const { clock, connection, down } = world([toxic("latency", { latency: 100, jitter: 50 })]);
    for (let index = 0; index < 200; index++) clock.at(index * 1000, () => send(connection.downstream, `${index};`));
    await clock.run();
    return down.at.map((entry, index) => [entry.ms - index * 1000, entry.text] as const);
  };
  const first = await times();
  expect(first.map(([, text]) => text)).toEqual(first.map((_, index) => `${index};`));
  const delays = first.map(([ms]) => ms);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...delays)).toBeLessThan(150);
  expect(new Set(delays).size).toBeGreaterThan(50);
  expect(await times()).toEqual(first);
});

test("latency, update and remove: the held chunk is passed on at once", async () => {
  const { clock, toxics, connection, down } = world([toxic("latency", { latency: 10_000 })]);
  send(connection.downstream, "a");
  clock.at(20, () => send(connection.downstream, "b"));
  clock.at(50, () => toxics.update("latency", { attributes: { latency: 500 } }));
  clock.at(80, () => toxics.remove("latency"));
  clock.at(90, () => send(connection.downstream, "c"));
  await clock.run();
  expect(down.at).toEqual([{ ms: 50, text: "a" }, { ms: 80, text: "b" }, { ms: 90, text: "c" }]);
});

test("bandwidth: passes rate x 1000 bytes a second, in slices of 100 ms", async () => {
  const { clock, connection, down } = world([toxic("bandwidth", { rate: 1 })]);
  send(connection.downstream, "x".repeat(250));
  await clock.run();
  expect(down.at.map(({ ms, text }) => [ms, text.length])).toEqual([[100, 100], [200, 100], [250, 50]]);
});

test("bandwidth: holds the rate over many small chunks, and starts again after a pause", async () => {
  const { clock, connection, down } = world([toxic("bandwidth", { rate: 10 })]);
  void (async () => {
    for (let index = 0; index < 20; index++) await connection.downstream.write(bytesOf("x".repeat(100)));
  })();
  clock.at(5000, () => send(connection.downstream, "y".repeat(100)));
  await clock.run();
  expect(down.at[19]!.ms).toBeCloseTo(200, 3);
  expect(down.at.at(-1)!.ms).toBeCloseTo(5010, 3);
});

test("bandwidth, rate 0: passes nothing and stays open; after its removal everything passes", async () => {
  const { clock, toxics, connection, down } = world([toxic("bandwidth", { rate: 0 })]);
  send(connection.downstream, "abc");
  clock.at(60_000, () => toxics.remove("bandwidth"));
  await clock.run(59_999);
  expect([textOf(down), connection.end]).toEqual(["", null]);
  await clock.run();
  expect(down.at).toEqual([{ ms: 60_000, text: "abc" }]);
});

test("slow_close: delays only the end", async () => {
  const { clock, connection, down } = world([toxic("slow_close", { delay: 300 })]);
  send(connection.downstream, "a");
  connection.downstream.end();
  await clock.run();
  expect(down).toEqual({ at: [{ ms: 0, text: "a" }], endedMs: 300 });
});

test("slow_close, removed while it waits: ends at once", async () => {
  const { clock, toxics, connection, down } = world([toxic("slow_close", { delay: 300 })]);
  connection.downstream.end();
  clock.at(100, () => toxics.remove("slow_close"));
  await clock.run();
  expect(down.endedMs).toBe(100);
});

test("timeout: drops all data and closes after that time without any", async () => {
  const { clock, connection, down, up } = world([toxic("timeout", { timeout: 100 })]);
  for (const ms of [0, 80, 160]) clock.at(ms, () => send(connection.downstream, "lost"));
  await clock.run();
  expect([textOf(down), down.endedMs, up.endedMs, connection.end]).toEqual(["", 260, 260, "closed"]);
});

test("timeout, 0: drops without end; removing it closes the connection", async () => {
  const { clock, toxics, connection, down } = world([toxic("timeout", { timeout: 0 })]);
  send(connection.downstream, "lost");
  clock.at(9000, () => toxics.remove("timeout"));
  await clock.run();
  expect([textOf(down), down.endedMs, connection.end]).toEqual(["", 9000, "closed"]);
});

test("timeout: removing one that does not act on this connection keeps it open", async () => {
  const { clock, toxics, connection, down } = world([toxic("timeout", { timeout: 100 }, { toxicity: 0 })]);
  send(connection.downstream, "a");
  clock.at(500, () => toxics.remove("timeout"));
  await clock.run();
  expect([textOf(down), connection.end]).toEqual(["a", null]);
});

test("reset_peer: resets that time after the first data, and passes none", async () => {
  const { clock, connection, down } = world([toxic("reset_peer", { timeout: 40 })]);
  clock.at(10, () => send(connection.downstream, "lost"));
  await clock.run();
  expect([textOf(down), down.endedMs, connection.end]).toEqual(["", 50, "reset"]);
});

test("reset_peer, removed while it waits: the data passes and nothing is reset", async () => {
  const { clock, toxics, connection, down } = world([toxic("reset_peer", { timeout: 40 })]);
  send(connection.downstream, "kept");
  clock.at(20, () => toxics.remove("reset_peer"));
  await clock.run();
  expect([down.at, connection.end]).toEqual([[{ ms: 20, text: "kept" }], null]);
});

test("reset_peer: a reader that does not read is reset too", async () => {
  const clock = new VirtualClock();
  const toxics = new ToxicSet();
  const connection = openConnection({ clock, seed: 1, proxy: "p", ordinal: 0, toxics });
  send(connection.downstream, "nobody reads this");
  toxics.add(toxic("reset_peer"));
  send(connection.downstream, "nor this");
  await clock.run();
  expect(connection.end).toBe("reset");
});

test("slicer: cuts into pieces about the average, waits after each, loses nothing", async () => {
  const { clock, connection, down } = world([toxic("slicer", { average_size: 10, size_variation: 3, delay: 1000 })]);
  const text = Array.from({ length: 200 }, (_, index) => String.fromCharCode(65 + (index % 26))).join("");
  send(connection.downstream, text);
  await clock.run();
  expect(textOf(down)).toBe(text);
  for (const { text: piece } of down.at) expect(piece.length).toBeLessThanOrEqual(13);
  expect(down.at.map(({ ms }) => ms)).toEqual(down.at.map((_, index) => index));
});

test("limit_data: passes exactly that many bytes, then closes", async () => {
  const { clock, connection, down } = world([toxic("limit_data", { bytes: 5 })]);
  send(connection.downstream, "abc");
  send(connection.downstream, "defg");
  await clock.run();
  expect([textOf(down), connection.end]).toEqual(["abcde", "closed"]);
});

test("limit_data, 0: open until the first data, and passes none", async () => {
  const { clock, connection, down } = world([toxic("limit_data", { bytes: 0 })]);
  await clock.run();
  expect(connection.end).toBeNull();
  send(connection.downstream, "a");
  await clock.run();
  expect([textOf(down), connection.end]).toEqual(["", "closed"]);
});

test("limit_data: the count is kept on an update", async () => {
  const { clock, toxics, connection, down } = world([toxic("limit_data", { bytes: 100 })]);
  send(connection.downstream, "abcd");
  await clock.run();
  toxics.update("limit_data", { attributes: { bytes: 6 } });
  send(connection.downstream, "efgh");
  await clock.run();
  expect([textOf(down), connection.end]).toEqual(["abcdef", "closed"]);
});

test("limit_data: before a latency: the passed bytes arrive late, and then the close", async () => {
  const { clock, connection, down } = world([toxic("limit_data", { bytes: 2 }), toxic("latency", { latency: 70 })]);
  send(connection.downstream, "abc");
  await clock.run();
  expect(down).toEqual({ at: [{ ms: 70, text: "ab" }], endedMs: 70 });
});

test("toxicity: acts on its share of connections, decided by seed, proxy, ordinal and name alone", () => {
  const coins = Array.from({ length: 2000 }, (_, ordinal) => toxicityCoin({ seed: 3, proxy: "p", ordinal }, "lag"));
  const taken = coins.filter((coin) => coin < 0.3).length;
  expect(taken).toBeGreaterThan(530);
  expect(taken).toBeLessThan(670);
  expect(coins).toEqual(coins.map((_, ordinal) => toxicityCoin({ seed: 3, proxy: "p", ordinal }, "lag")));
});

test("toxicity: is not drawn again when another toxic is added, changed or removed", () => {
  for (let ordinal = 0; ordinal < 50; ordinal++) {
    const { toxics, connection } = world([toxic("latency", { latency: 5 }, { toxicity: 0.5 })], ordinal);
    const taken = () => connection.downstream.toxics.find(({ name }) => name === "latency")!.taken;
    const before = taken();
    toxics.add(toxic("bandwidth", { rate: 10 }));
    toxics.update("bandwidth", { toxicity: 0.5 });
    toxics.update("latency", { attributes: { latency: 9 } });
    toxics.remove("bandwidth");
    expect(taken()).toBe(before);
  }
});

test("ToxicSet: names are unique across both streams; upstream is listed first; each direction has its own", async () => {
  const { clock, toxics, connection, down, up } = world([toxic("latency", { latency: 100 })]);
  expect(toxics.add(toxic("latency", {}, { stream: "upstream" }))).toBe(false);
  expect(toxics.add(toxic("latency", { latency: 7 }, { name: "up", stream: "upstream" }))).toBe(true);
  expect(toxics.list().map(({ name }) => name)).toEqual(["up", "latency"]);
  send(connection.upstream, "u");
  send(connection.downstream, "d");
  await clock.run();
  expect([up.at[0]!.ms, down.at[0]!.ms]).toEqual([7, 100]);
  expect([toxics.remove("nobody"), toxics.update("nobody", {})]).toEqual([false, null]);
});

const anyNumber = fc.oneof(fc.constantFrom(0, -1, 1, NaN, Infinity, -Infinity, 2 ** 63, -(2 ** 63), 0.5), fc.double(), fc.integer());
const anyToxic = fc.constantFrom(...(Object.keys(toxicAttributes) as ToxicType[])).chain((type) =>
  fc.record({ toxicity: anyNumber, values: fc.array(anyNumber, { minLength: 3, maxLength: 3 }) }).map(({ toxicity, values }) =>
    toxic(type, Object.fromEntries(toxicAttributes[type].map((name, index) => [name, values[index]!])), { toxicity }),
  ),
);

test("Link, any attributes under any edits: bytes arrive in order, none twice, and all of them when toxics that lose none are removed", async () => {
  const edit = fc.record({ atMs: fc.integer({ min: 0, max: 400 }), toxic: anyToxic, act: fc.constantFrom("add", "update", "remove") });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 10 }), async (edits, sizes) => {
      const { clock, toxics, connection, down } = world([]);
      let next = 0;
      sizes.forEach((size, index) =>
        clock.at(index * 40, () => send(connection.downstream, Array.from({ length: size }, () => String.fromCharCode(next++)).join(""))),
      );
      for (const { atMs, toxic, act } of edits) {
        clock.at(atMs, () => {
          if (act === "add") toxics.add(toxic);
          else if (act === "update") toxics.update(toxic.name, toxic);
          else toxics.remove(toxic.name);
        });
      }
      clock.at(500, () => toxics.clear());
      await clock.run(100_000);
      const received = down.at.flatMap(({ text }) => Array.from(text, (letter) => letter.charCodeAt(0)));
      expect(received).toEqual(received.toSorted((a, b) => a - b));
      expect(new Set(received).size).toBe(received.length);
      if (edits.every(({ toxic: { type } }) => losesNothing.has(type))) expect(received.length).toBe(next);
      expect(clock.idle).toBe(true);
    }),
    { numRuns: 500 },
  );
});

const losesNothing: ReadonlySet<ToxicType> = new Set(["latency", "bandwidth", "slow_close", "slicer", "noop"]);
