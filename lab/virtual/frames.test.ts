import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { openConnection } from "../../simulators/network/toxics/connection.ts";
import { ToxicSet } from "../../simulators/network/toxics/toxic-set.ts";
import { FramePipe, FrameReader, FrameWriter } from "./frames.ts";
import { VirtualProcess } from "./process.ts";

/** One direction of a connection, read from the start: what has been read, with its time. */
function direction() {
  const clock = new VirtualClock();
  const toxics = new ToxicSet();
  const connection = openConnection({ clock, seed: 1, proxy: "p", ordinal: 0, toxics });
  const pipe = new FramePipe(connection.downstream);
  const [reading, writing] = [new VirtualProcess(clock), new VirtualProcess(clock)];
  const reader = new FrameReader(pipe, reading);
  const read: string[] = [];
  const readAll = async () => {
    for (let frame = reader.poll(); frame !== null; frame = reader.poll()) {
      if (frame === undefined) await reader.readable();
      else read.push(`${frame.kind === "data" ? utf8Text(frame.bytes) : frame.kind} at ${clock.nowMs()}`);
    }
    read.push("ended");
  };
  void readAll();
  const writer = new FrameWriter(pipe, writing);
  const write = (text: string) => writer.write({ kind: "data", bytes: utf8Bytes(text) });
  return { clock, connection, toxics, reading, writing, writer, write, read };
}

const latency = { name: "slow", type: "latency", stream: "downstream", toxicity: 1, attributes: { latency: 100, jitter: 0 } } as const;

test("FramePipe: frames before, under and after a toxic are read in the order of writing", async () => {
  const { clock, toxics, reading, writer, write, read } = direction();
  reading.pause();
  clock.at(1, () => {
    void write("a");
    toxics.add(latency);
    void write("b");
  });
  clock.at(2, () => reading.resume());
  clock.at(50, () => {
    toxics.remove("slow");
    void writer.write({ kind: "head", head: { status: 200 } });
    void write("c");
    writer.end();
  });
  await clock.run();
  expect(read.map((line) => line.split(" ")[0])).toEqual(["a", "b", "head", "c", "ended"]);
  expect(read[0]).toBe("a at 2");
});

test("FramePipe: data that waits together is read as one, and never beyond another frame", async () => {
  const { clock, reading, writer, write, read } = direction();
  reading.pause();
  clock.at(1, () => {
    for (const text of ["a", "b", "c"]) void write(text);
    void writer.write({ kind: "end" });
    void write("d");
    writer.end();
  });
  clock.at(2, () => reading.resume());
  await clock.run();
  expect(read).toEqual(["abc at 2", "end at 2", "d at 2", "ended"]);
});

test("FramePipe: a toxic that is there delays every frame", async () => {
  const { clock, toxics, writer, write, read } = direction();
  toxics.add(latency);
  clock.at(1, () => void write("a"));
  clock.at(2, () => writer.end());
  await clock.run();
  expect(read).toEqual(["a at 101", "ended"]);
});

test("FramePipe: a reset drops what was not read, and what is written after it", async () => {
  const { clock, connection, reading, write, read } = direction();
  reading.pause();
  clock.at(1, () => void write("a"));
  clock.at(2, () => connection.close("reset"));
  clock.at(3, () => void write("b"));
  clock.at(4, () => reading.resume());
  await clock.run();
  expect(read).toEqual(["ended"]);
});

test("FrameWriter: it waits while more than the network holds is unread, and goes on when that is read or cut", async () => {
  for (const then of ["resume", "reset"] as const) {
    const { clock, connection, reading, writing, writer, read } = direction();
    reading.pause();
    let wroteAtMs: number | null = null;
    const writeMuch = async () => {
      const wait = writer.write({ kind: "data", bytes: new Uint8Array(300 * 1024) });
      expect(wait).toBeInstanceOf(Promise);
      await wait;
      wroteAtMs = clock.nowMs();
    };
    clock.at(1, () => void writeMuch());
    clock.at(5, () => (then === "resume" ? reading.resume() : connection.close("reset")));
    await clock.run();
    expect({ then, wroteAtMs, count: read.length }).toEqual({ then, wroteAtMs: 5, count: then === "resume" ? 1 : 0 });
    expect(writing.ended).toBe(false);
  }
});
