import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { edgeSettings, resolveEdgeConfig, type EdgeFile } from "../config.ts";
import { Fleet } from "../core/fleet.ts";
import { findHaproxy } from "./find.ts";
import { renderHaproxy } from "./render.ts";
import { requestOf } from "./request-log.ts";
import { parseStat, RuntimeSocket } from "./runtime.ts";
import { Steering } from "./steering.ts";

function fileOf(settings: object): EdgeFile {
  const resolved = resolveEdgeConfig(settings);
  if ("problems" in resolved) throw new Error(JSON.stringify(resolved.problems));
  return resolved.ok;
}
const regions = [
  { name: "A", weight: 10, replicas: [{ id: "a1", url: "http://127.0.0.1:8001" }, { id: "a2", url: "http://127.0.0.1:8002", weight: 30 }] },
  { name: "B", weight: 0, replicas: [{ id: "b1", url: "http://127.0.0.1:8003" }] },
];

test("renderHaproxy: weights are relative to the largest, spares are backups, retries are the edge's setting, and whole requests are kept", () => {
  const text = renderHaproxy(fileOf({ regions, sticky: { header: "X-Client" }, retry: { attemptsMax: 3 } }), { port: 8080, socket: "runtime.sock" });
  expect(text).toContain("server a1 127.0.0.1:8001 weight 85\n  server a2 127.0.0.1:8002 weight 256\n  server b1 127.0.0.1:8003 weight 34 backup\n");
  expect(text).toContain("balance hdr(x-client)");
  expect(text).toContain("retries 2\n");
  expect(text).toContain("option http-buffer-request");
  expect(text).not.toContain(" check");
});

test("findHaproxy: a missing binary is refused with what to do", () => {
  expect(() => findHaproxy({ PATH: "" })).toThrow(expect.objectContaining({ code: "engine_missing", hint: expect.stringContaining("BLASTLAB_HAPROXY_BIN") }));
  expect(() => findHaproxy({ BLASTLAB_HAPROXY_BIN: "/nowhere/haproxy" })).toThrow(/BLASTLAB_HAPROXY_BIN names "\/nowhere\/haproxy"/);
  expect(() => findHaproxy({ BLASTLAB_HAPROXY_BIN: process.execPath })).toThrow(expect.objectContaining({ code: "engine_missing" }));
});

test("parseStat: reads columns by their names", () => {
  const csv = "# pxname,svname,scur,stot,econ,eresp,wretr,wredis,\nreplicas,a1,2,10,1,0,4,4,\nreplicas,b1,1,3,0,0,0,0,\n";
  expect(parseStat(csv)).toEqual([
    { id: "a1", inFlight: 2, requests: 10, retries: 4, broken: 5 },
    { id: "b1", inFlight: 1, requests: 3, retries: 0, broken: 0 },
  ]);
});

const line = (fields: object) => JSON.stringify({ server: "a1", status: 200, end: "--", retries: "0", cache: "-", attempts: "-", ...fields });

test("requestOf: reads what an answer shows, and how its request ended", () => {
  expect(requestOf(line({ retries: "+2", cache: "miss", attempts: "primary:429@3;backup:ok@40" }))).toEqual({
    event: { kind: "request", outcome: "answered", attempts: 3 },
    answer: { replica: "a1", isError: false, signals: { hit: false, attempts: 2, attempts429: 1, okMs: 40 } },
  });
  expect(requestOf(line({ status: 502 }))).toMatchObject({ event: { outcome: "answered" }, answer: { isError: true } });
  expect(requestOf(line({ end: "DD" }))).toMatchObject({ event: { outcome: "cut" }, answer: { replica: "a1" } });
  expect(requestOf("a line of its own")).toBeNull();
});

test("requestOf: an answer of HAProxy itself shows nothing about a replica", () => {
  expect(requestOf(line({ status: 503, end: "SC" }))).toEqual({ event: { kind: "request", outcome: "unavailable", attempts: 1 }, answer: null });
  expect(requestOf(line({ server: "<NOSRV>", status: 404, end: "PR" }))).toEqual({ event: { kind: "request", outcome: "refused", attempts: 0 }, answer: null });
  expect(requestOf(line({ status: -1, end: "CH" }))).toEqual({ event: { kind: "request", outcome: "client_gone", attempts: 1 }, answer: null });
});

class RecordingSocket extends RuntimeSocket {
  orders: string[] = [];
  isBroken = false;

  override order(text: string): Promise<void> {
    if (this.isBroken) return Promise.reject(new Error("broken"));
    this.orders.push(text);
    return Promise.resolve();
  }
}

function steered() {
  const clock = new VirtualClock();
  const fleet = new Fleet({ settings: edgeSettings(fileOf({ regions: [{ name: "A", replicas: [{ id: "a1", url: "http://127.0.0.1:8001" }] }, { name: "B", replicas: [{ id: "b1", url: "http://127.0.0.1:8002" }] }] })), clock, emit: () => {} });
  const socket = new RecordingSocket("none");
  const troubles: unknown[] = [];
  const steering = new Steering(socket, fleet, (error) => troubles.push(error));
  const steer = async () => {
    socket.orders = [];
    await steering.review();
    return socket.orders;
  };
  return { clock, fleet, socket, steer, troubles, a1: fleet.replicas[0]! };
}

test("Steering: sends what changed only: out to maint, and back by the steps of the ramp", async () => {
  const { clock, fleet, steer, a1 } = steered();
  expect(await steer()).toHaveLength(2);
  expect(await steer()).toEqual([]);
  for (const isGood of [false, false]) fleet.checked(a1, isGood);
  expect(await steer()).toEqual(["set weight replicas/a1 100%; set server replicas/a1 state maint"]);
  for (const isGood of [true, true]) fleet.checked(a1, isGood);
  expect(await steer()).toEqual(["set weight replicas/a1 10%; set server replicas/a1 state ready"]);
  clock.at(5_000, () => fleet.checked(a1, true));
  await clock.run(5_000);
  expect(await steer()).toEqual(["set weight replicas/a1 25%; set server replicas/a1 state ready"]);
});

test("Steering: one that was ejected or is drained finishes what is open", async () => {
  const { fleet, steer, a1 } = steered();
  await steer();
  for (let failure = 0; failure < 3; failure++) fleet.observed(a1, { kind: "broken" });
  expect(await steer()).toEqual(["set weight replicas/a1 100%; set server replicas/a1 state drain"]);
});

test("Steering: what the socket refused is sent again", async () => {
  const { socket, steer, troubles } = steered();
  socket.isBroken = true;
  await steer();
  expect(troubles).toHaveLength(1);
  socket.isBroken = false;
  expect(await steer()).toHaveLength(2);
});
