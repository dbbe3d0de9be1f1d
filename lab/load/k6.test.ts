import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { liveClock } from "../../kernel/clock-live.ts";
import type { Arrival } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { findTool } from "../tools/find.ts";
import { writeArrivals } from "./arrivals-file.ts";
import { fixtureArrivals, fixtureServer, manners } from "./fixtures/server.ts";
import { k6Command, virtualUsers } from "./k6.ts";
import { k6Records } from "./k6-records.ts";
import { replay } from "./core/replay.ts";
import { UndiciTransport } from "./undici-transport.ts";

const tool = await findTool("k6");
const binary = "bin" in tool ? tool.bin : "";
const found = binary !== "";

/** k6 at work on these arrivals, from 2 s on; `ended` resolves with its exit code. */
function startK6(url: string, arrivals: readonly Arrival[], timeoutMs: number) {
  const folder = mkdtempSync(path.join(tmpdir(), "k6-"));
  const arrivalsFile = path.join(folder, "arrivals.ndjson");
  const output = path.join(folder, "k6.ndjson");
  writeArrivals(arrivalsFile, arrivals);
  const epochMs = Date.now() + 2_000;
  const { command, args, env } = k6Command({ binary, arrivalsFile, arrivals, targets: { local: url }, keys: { "a/x": "vk" }, epochMs, timeoutMs, output });
  const child = spawn(command, [...args], { env: { ...process.env, ...env }, stdio: "ignore" });
  return { child, output, epochMs, ended: once(child, "exit").then(([code]) => code as number | null) };
}

async function byK6(url: string, arrivals: readonly Arrival[]): Promise<readonly ClientRecord[]> {
  const { output, ended } = startK6(url, arrivals, 1_000);
  expect(await ended).toBe(0);
  return k6Records(output, arrivals);
}

async function byUndici(url: string, arrivals: readonly Arrival[]): Promise<readonly ClientRecord[]> {
  await using transport = new UndiciTransport();
  const records: ClientRecord[] = [];
  const clock = liveClock(Date.now());
  await replay({ clock, transport, arrivals, targets: { local: url }, keys: { "a/x": "vk" }, timeoutMs: 1_000, emit: (record) => records.push(record) });
  return records.sort((a, b) => a.arrival - b.arrival);
}

const withoutTimes = ({ sentMs: _sent, firstTokenMs, endMs: _end, ...rest }: ClientRecord) => ({ ...rest, hasFirstToken: firstTokenMs !== null });
/** k6 forgets the status and the headers of an exchange that broke. */
const withoutHead = (record: ClientRecord) => ({ ...withoutTimes(record), status: null, claimedDeployment: null });

test.skipIf(!found)("k6: sends the same requests and gives the same records as the embedded generator, times aside", async () => {
  await using forK6 = await fixtureServer();
  await using forUndici = await fixtureServer();
  const arrivals = fixtureArrivals(manners.length * 2, 100);
  const [k6, embedded] = await Promise.all([byK6(forK6.url, arrivals), byUndici(forUndici.url, arrivals)]);
  const broken = (record: ClientRecord) => record.end !== "complete";
  expect(k6.map((record) => (broken(record) ? withoutHead(record) : withoutTimes(record)))).toEqual(
    embedded.map((record) => (broken(record) ? withoutHead(record) : withoutTimes(record))),
  );
  const sent = (server: typeof forK6) =>
    server.seen
      .map(({ headers, body }) => ({ id: headers["x-client-request-id"], authorization: headers.authorization, type: headers["content-type"], body }))
      .sort((a, b) => String(a.id).localeCompare(String(b.id)));
  expect(sent(forK6)).toEqual(sent(forUndici));
  for (const record of k6) {
    expect(record.sentMs!).toBeGreaterThanOrEqual(Math.floor(record.intendedMs));
    expect(record.endMs).toBeGreaterThanOrEqual(record.firstTokenMs ?? record.sentMs!);
  }
});

test.skipIf(!found)("k6: stopped by SIGTERM, what was in flight is aborted and what was not due is left out", async () => {
  await using server = await fixtureServer();
  const arrivals = fixtureArrivals(manners.length, 100).concat(fixtureArrivals(1, 600_000).map((arrival) => ({ ...arrival, index: manners.length, requestId: `r-1-${manners.length}` })));
  const { child, output, epochMs, ended } = startK6(server.url, arrivals, 60_000);
  await expect.poll(() => server.seen.length, { timeout: 15_000 }).toBe(manners.length);
  const stoppedAtMs = Date.now() - epochMs;
  child.kill("SIGTERM");
  expect(await ended).toBe(105);
  const records = k6Records(output, arrivals, stoppedAtMs);
  expect(records.map((record) => record.arrival)).toEqual(arrivals.slice(0, -1).map((arrival) => arrival.index));
  expect(records[manners.indexOf("silent")]).toMatchObject({ end: "aborted", sentMs: expect.any(Number) as number });
});

test.skipIf(found)("k6: not found, so its replay is not tested here (blastlab tools install k6)", ({ skip }) => skip("no k6"));

function recordsOf(lines: readonly object[], arrivals: readonly Arrival[], stoppedAtMs?: number, tail = ""): readonly ClientRecord[] {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "k6-")), "k6.ndjson");
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join("") + tail);
  return k6Records(file, arrivals, stoppedAtMs ?? null);
}

const answered = (arrival: number, changes: object) => ({
  type: "answered",
  arrival,
  sentMs: 100,
  status: 0,
  errorCode: 1000,
  error: "",
  contentType: null,
  deployment: null,
  body: null,
  headersAfterMs: 5,
  endAfterMs: 9,
  ...changes,
});

test("k6Records: what was never sent is dropped, what never ended is aborted, a cut last line is left out", () => {
  const records = recordsOf([{ type: "sent", arrival: 0, sentMs: 101 }], fixtureArrivals(2, 100), undefined, '{"type":"sent","arri');
  expect(records.map(({ end, sentMs }) => [end, sentMs])).toEqual([
    ["aborted", 101],
    ["dropped", null],
  ]);
});

test("k6Records: after a stop, arrivals that were not due are left out", () => {
  const arrivals = fixtureArrivals(4, 100);
  const records = recordsOf([{ type: "sent", arrival: 0, sentMs: 101 }, answered(1, { status: 503, errorCode: 1503, body: "{}" })], arrivals, 150);
  expect(records.map(({ arrival, end, endMs }) => [arrival, end, endMs])).toEqual([
    [0, "aborted", 150],
    [1, "complete", 109],
    [2, "dropped", 150],
  ]);
});

test.each([
  [{ errorCode: 1050, error: "request timeout" }, "timeout"],
  [{ errorCode: 1101, error: "lookup: no such host" }, "refused"],
  [{ errorCode: 1211, error: "dial: i/o timeout" }, "connect_timeout"],
  [{ errorCode: 1212, error: "connection refused" }, "refused"],
  [{ errorCode: 1220, error: "reset by peer" }, "reset"],
  [{ errorCode: 1000, error: "unexpected EOF" }, "closed_early"],
] as const)("k6Records: %o is %s", (line, end) => {
  expect(recordsOf([answered(0, line)], fixtureArrivals(1, 100))[0]).toMatchObject({ end, status: null });
});

test("virtualUsers: as many as are due within 12 s, within bounds", () => {
  const every = (gapMs: number, count: number) => fixtureArrivals(count, 0).map((arrival, index) => ({ ...arrival, atMs: index * gapMs }));
  expect(virtualUsers(every(100, 1_000))).toBe(121);
  expect(virtualUsers(every(1, 20_000))).toBe(400);
  expect(virtualUsers(every(5_000, 100))).toBe(10);
  expect(virtualUsers(every(5_000, 3))).toBe(3);
});
