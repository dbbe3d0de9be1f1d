import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { LogLines } from "./log-lines.ts";

/** A stream whose reader takes one write at each call. */
function reader() {
  const got: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      got.push(String(chunk));
      waiting.push(done);
    },
  });
  return { got, stream, take: () => waiting.shift()?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("LogLines: the lines of one turn are one write", async () => {
  const { got, stream } = reader();
  const log = new LogLines(stream);
  log.write("one");
  log.write("two");
  expect(got).toEqual([]);
  await turn();
  expect(got).toEqual(["one\ntwo\n"]);
});

test("LogLines: a reader that does not read costs a bounded memory, and gets the count of dropped lines", async () => {
  const { got, stream, take } = reader();
  const log = new LogLines(stream, 100);
  for (let line = 0; line < 1_000; line++) {
    log.write("123456789");
    await turn();
  }
  expect(stream.writableLength).toBeLessThanOrEqual(110);
  while (stream.writableLength > 0) {
    take();
    await turn();
  }
  const written = got.join("").split("\n").length - 1;
  log.write("again");
  log.flush();
  expect(got.at(-1)).toBe(`{"event":"log_dropped","lines":${1_000 - written}}\nagain\n`);
  log.write("and on");
  log.flush();
  take();
  await turn();
  expect(got.at(-1)).toBe("and on\n");
});
