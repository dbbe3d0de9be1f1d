import { expect, test } from "vitest";
import { resolveEdgeConfig, type EdgeFile } from "../config.ts";
import { findHaproxy } from "./find.ts";
import { WeightRamp } from "./ramp.ts";
import { renderHaproxy } from "./render.ts";
import { parseStat, RuntimeSocket, type ServerStat } from "./runtime.ts";

function fileOf(settings: object): EdgeFile {
  const resolved = resolveEdgeConfig(settings);
  if ("problems" in resolved) throw new Error(JSON.stringify(resolved.problems));
  return resolved.ok;
}
const regions = [
  { name: "A", weight: 10, replicas: [{ id: "a1", url: "http://127.0.0.1:8001" }, { id: "a2", url: "http://127.0.0.1:8002", weight: 30 }] },
  { name: "B", weight: 0, replicas: [{ id: "b1", url: "http://127.0.0.1:8003" }] },
];

test("renderHaproxy: weights are relative to the largest, spares are backups, checks and retries are the edge's settings", () => {
  const text = renderHaproxy(fileOf({ regions, sticky: { header: "X-Client" }, retry: { attemptsMax: 3 } }), { port: 8080, socket: "runtime.sock" });
  expect(text).toContain("server a1 127.0.0.1:8001 weight 85\n  server a2 127.0.0.1:8002 weight 256\n  server b1 127.0.0.1:8003 weight 34 backup\n");
  expect(text).toContain("balance hdr(x-client)");
  expect(text).toContain("retries 2\n");
  expect(text).toContain("check inter 500ms fall 2 rise 2 observe layer7 on-marked-down shutdown-sessions");
});

test("findHaproxy: a missing binary is refused with what to do", () => {
  expect(() => findHaproxy({ PATH: "" })).toThrow(expect.objectContaining({ code: "engine_missing", hint: expect.stringContaining("BLASTLAB_HAPROXY_BIN") }));
  expect(() => findHaproxy({ BLASTLAB_HAPROXY_BIN: "/nowhere/haproxy" })).toThrow(/BLASTLAB_HAPROXY_BIN names "\/nowhere\/haproxy"/);
  expect(() => findHaproxy({ BLASTLAB_HAPROXY_BIN: process.execPath })).toThrow(expect.objectContaining({ code: "engine_missing" }));
});

test("parseStat: reads columns by their names", () => {
  const csv = "# pxname,svname,scur,stot,wretr,status,\nreplicas,a1,2,10,1,UP 1/2,\nreplicas,a2,0,0,0,DOWN,\nreplicas,b1,1,3,0,DRAIN,\n";
  expect(parseStat(csv)).toEqual([
    { id: "a1", isUp: true, isDraining: false, inFlight: 2, requests: 10, retries: 1 },
    { id: "a2", isUp: false, isDraining: false, inFlight: 0, requests: 0, retries: 0 },
    { id: "b1", isUp: true, isDraining: true, inFlight: 1, requests: 3, retries: 0 },
  ]);
});

class RecordingSocket extends RuntimeSocket {
  readonly orders: string[] = [];

  override order(text: string): Promise<void> {
    this.orders.push(text);
    return Promise.resolve();
  }
}

test("WeightRamp: lowers the weight while a server is out, and raises it by time once it is back", async () => {
  const socket = new RecordingSocket("none");
  const ramp = new WeightRamp(socket, fileOf({ regions }).ramp);
  const at = (isUp: boolean, nowMs: number) => ramp.review([{ id: "a1", isUp, isDraining: false, inFlight: 0, requests: 0, retries: 0 } satisfies ServerStat], nowMs);
  await at(true, 0);
  await at(false, 1_000);
  await at(true, 60_000);
  for (const nowMs of [74_999, 75_000, 90_000, 105_000, 200_000]) await at(true, nowMs);
  expect(socket.orders).toEqual([10, 25, 50, 100].map((percent) => `set weight replicas/a1 ${percent}%`));
});
