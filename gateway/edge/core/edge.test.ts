import fc from "fast-check";
import { expect, test } from "vitest";
import { Canceller } from "../../../kernel/signal.ts";
import { rig, type Mode } from "../testing/rig.ts";

const regionA = ["a1", "a2"];

test.each<Mode>(["dead", "silent"])("createEdge: region A is %s: every request succeeds within 2 s of its usual time, all new ones on B within 3 s, and A returns by the ramp", async (mode) => {
  const { clock, replicas, load, stateOf, events, edge } = rig();
  const results = load(40_000);
  clock.at(5_000, () => regionA.forEach((id) => replicas.set(id, mode)));
  clock.at(20_000, () => regionA.forEach((id) => replicas.set(id, "up")));
  await clock.run(8_000);
  expect(regionA.map((id) => stateOf(id).share)).toEqual([0, 0]);
  await clock.run(45_000);
  edge.stop();
  const received = await Promise.all(results);
  expect(received).toHaveLength(2_000);
  expect(received.filter(({ status, isWhole }) => status !== 200 || !isWhole)).toEqual([]);
  expect(Math.max(...received.map(({ tookMs }) => tookMs))).toBeLessThan(50 + 2_000);
  expect(replicas.requests.filter(({ replica, atMs }) => replica.startsWith("a") && atMs > 8_000 && atMs < 20_000)).toEqual([]);
  const ramp = events.flatMap((event) => (event.kind === "ramp" && event.replica === "a1" ? [event] : []));
  expect(ramp.map(({ share }) => share)).toEqual([0.1, 0.25, 0.5, 1]);
  const toA = replicas.requests.filter(({ replica, atMs }) => replica.startsWith("a") && atMs > ramp[0]!.atMs && atMs < ramp[1]!.atMs).length;
  expect(toA / ((ramp[1]!.atMs - ramp[0]!.atMs) / 20)).toBeGreaterThan(0.01);
  expect(toA / ((ramp[1]!.atMs - ramp[0]!.atMs) / 20)).toBeLessThan(0.12);
});

test("createEdge: it reports to its own region alone what share of all traffic that bears, and more while the other is out", async () => {
  const { clock, replicas, load, edge } = rig({ region: "B" });
  const results = load(35_000);
  await clock.run(2_000);
  expect(Object.fromEntries(replicas.reported)).toEqual({ a1: undefined, a2: undefined, b1: "0.5000", b2: "0.5000" });
  regionA.forEach((id) => replicas.set(id, "dead"));
  await clock.run(8_000);
  expect([replicas.reported.get("b1"), replicas.reported.get("b2")]).toEqual(["1.0000", "1.0000"]);
  regionA.forEach((id) => replicas.set(id, "up"));
  await clock.run(10_000);
  // A has a tenth of its traffic.
  expect(Number(replicas.reported.get("b1"))).toBeCloseTo(1 / 1.1, 3);
  await clock.run(45_000);
  edge.stop();
  expect(replicas.reported.get("b1")).toBe("0.5000");
  await Promise.all(results);
});

test("createEdge: a stream with content out at a silent region ends within 3 s, never as a success, and is counted", async () => {
  const { clock, replicas, send, events, edge } = rig({}, { A: ["a1"], B: ["b1"] });
  for (const id of ["a1", "b1"]) Object.assign(replicas.script(id), { parts: 200, partMs: 100 });
  const streams = Array.from({ length: 10 }, () => send());
  clock.at(2_000, () => replicas.set("a1", "silent"));
  const ends: number[] = [];
  for (const stream of streams) void stream.then(({ isWhole }) => !isWhole && ends.push(clock.nowMs()));
  await clock.run(60_000);
  edge.stop();
  const onA = new Set(replicas.requests.filter(({ replica }) => replica === "a1").map(({ id }) => id));
  const received = await Promise.all(streams);
  expect(onA.size).toBeGreaterThan(0);
  expect(received.filter(({ isWhole }) => !isWhole).map(({ id }) => id)).toEqual([...onA]);
  expect(Math.max(...ends)).toBeLessThan(5_000);
  expect(events.filter((event) => event.kind === "request" && event.outcome === "cut")).toHaveLength(onA.size);
});

test("createEdge: a stream that has sent comments only goes elsewhere when its replica falls silent, and its client sees one answer", async () => {
  const { clock, replicas, send, edge } = rig({}, { A: ["a1"], B: ["b1"] });
  for (const [id, comments] of [["a1", 100], ["b1", 2]] as const) Object.assign(replicas.script(id), { comments, headers: { "content-type": "text/event-stream" } });
  const streams = Array.from({ length: 10 }, () => send());
  clock.at(2_000, () => replicas.set("a1", "silent"));
  await clock.run(60_000);
  edge.stop();
  expect(replicas.requests.some(({ replica }) => replica === "a1")).toBe(true);
  for (const { status, isWhole, text, headers } of await Promise.all(streams)) expect({ status, isWhole, text, by: headers["x-blastlab-replica"] }).toEqual({ status: 200, isWhole: true, text: ": ping\n\n: ping\n\npart 0;", by: "b1" });
});

test("createEdge: only an event stream has comments: a body that begins with a colon is content at once", async () => {
  const { clock, replicas, send, edge } = rig({}, { A: ["a1"], B: ["b1"] });
  for (const id of ["a1", "b1"]) Object.assign(replicas.script(id), { comments: 100 });
  const answers = Array.from({ length: 10 }, () => send());
  clock.at(2_000, () => replicas.set("a1", "silent"));
  await clock.run(60_000);
  edge.stop();
  const cut = (await Promise.all(answers)).filter(({ isWhole }) => !isWhole);
  expect(cut.map(({ id }) => id)).toEqual(replicas.requests.filter(({ replica }) => replica === "a1").map(({ id }) => id));
});

test("createEdge: a stream whose replica fails its checks but still sends is not cut", async () => {
  const { clock, replicas, send, edge } = rig({}, { A: ["a1"], B: ["b1"] });
  for (const id of ["a1", "b1"]) Object.assign(replicas.script(id), { parts: 100, partMs: 100 });
  const streams = Array.from({ length: 6 }, () => send());
  clock.at(2_000, () => replicas.set("a1", "sick"));
  await clock.run(30_000);
  edge.stop();
  expect((await Promise.all(streams)).every(({ isWhole }) => isWhole)).toBe(true);
});

test("createEdge: the last region is never removed, and serves although its checks fail", async () => {
  const { clock, replicas, load, stateOf, edge, events } = rig();
  for (const id of ["a1", "a2", "b1", "b2"]) replicas.set(id, "sick");
  await clock.run(3_000);
  const results = load(10_000);
  await clock.run(11_000);
  edge.stop();
  expect(["a1", "a2", "b1", "b2"].some((id) => stateOf(id).share > 0)).toBe(true);
  expect(events.some((event) => event.kind === "kept")).toBe(true);
  expect((await Promise.all(results)).every(({ status }) => status === 200)).toBe(true);
});

test("createEdge: errors of one replica eject it, although there are only two, and the same errors of both eject nobody", async () => {
  const one = rig({}, { A: ["a1"], B: ["b1"] });
  one.replicas.set("a1", "erring");
  void one.load(4_000);
  await one.clock.run(4_000);
  one.edge.stop();
  expect(one.stateOf("a1").state).toBe("ejected");
  const both = rig({}, { A: ["a1"], B: ["b1"] });
  for (const id of ["a1", "b1"]) both.replicas.set(id, "erring");
  void both.load(4_000);
  await both.clock.run(4_000);
  both.edge.stop();
  expect(["a1", "b1"].map((id) => both.stateOf(id).state)).toEqual(["in", "in"]);
});

test("createEdge: a drained region finishes what is open, gets nothing new, and returns by the ramp; the last one cannot be drained", async () => {
  const { clock, replicas, send, load, edge, stateOf } = rig();
  for (const id of regionA) Object.assign(replicas.script(id), { parts: 30, partMs: 100 });
  const open = Array.from({ length: 8 }, () => send());
  await clock.run(500);
  expect(edge.setDraining("A", true)).toBe("done");
  expect(edge.setDraining("B", true)).toBe("last");
  expect(edge.setDraining("C", true)).toBe("unknown");
  const before = replicas.requests.length;
  void load(5_000);
  await clock.run(6_000);
  expect((await Promise.all(open)).every(({ isWhole }) => isWhole)).toBe(true);
  expect(replicas.requests.slice(before).filter(({ replica }) => replica.startsWith("a"))).toEqual([]);
  edge.setDraining("A", false);
  expect(stateOf("a1")).toMatchObject({ state: "ramp", share: 0.1 });
  edge.stop();
});

test("createEdge: a client keeps its replica; only the clients of a replica that leaves move", async () => {
  const { clock, replicas, send, edge } = rig({ sticky: { header: "x-client" } });
  const round = async () => {
    const answers = Array.from({ length: 40 }, (_, client) => send({ "x-client": `c${client}` }));
    await clock.run(clock.nowMs() + 200);
    return (await Promise.all(answers)).map(({ headers }) => headers["x-blastlab-replica"]);
  };
  const first = await round();
  expect(new Set(first).size).toBe(4);
  expect(await round()).toEqual(first);
  replicas.set("a1", "dead");
  await clock.run(4_000);
  const moved = await round();
  expect(moved.filter((replica, at) => replica !== first[at] && first[at] !== "a1")).toEqual([]);
  expect(moved).not.toContain("a1");
  edge.stop();
});

test("createEdge: a weight of 0 makes a spare, and spares serve when nothing else lives", async () => {
  const { clock, replicas, load, edge } = rig();
  expect(edge.setWeight("B", 0)).toBe("done");
  expect(edge.setWeight("A", 0)).toBe("last");
  void load(1_000);
  await clock.run(2_000);
  expect(replicas.requests.every(({ replica }) => replica.startsWith("a"))).toBe(true);
  for (const id of regionA) replicas.set(id, "dead");
  const results = load(4_000);
  await clock.run(5_000);
  edge.stop();
  expect((await Promise.all(results)).every(({ status }) => status === 200)).toBe(true);
});

test("createEdge: a client that leaves cancels its attempt, and none follows", async () => {
  const { clock, replicas, send, edge, events } = rig();
  Object.assign(replicas.script("a1"), { firstMs: 5_000 });
  for (const id of ["a2", "b1", "b2"]) Object.assign(replicas.script(id), { firstMs: 5_000 });
  const client = new Canceller();
  const leaving = send({}, client).catch((error: unknown) => error);
  clock.at(1_000, () => client.cancel("client_gone"));
  await clock.run(8_000);
  edge.stop();
  expect(await leaving).toMatchObject({ kind: "aborted" });
  expect(replicas.requests).toHaveLength(1);
  expect(events.filter((event) => event.kind === "request")).toMatchObject([{ outcome: "client_gone" }]);
});

test("createEdge: a clock that jumped starts nothing for requests from before, cancels for clients that left, and its late checks condemn nobody", async () => {
  const { clock, replicas, send, edge, events, jump, stateOf } = rig();
  const ids = ["a1", "a2", "b1", "b2"];
  for (const id of ids) Object.assign(replicas.script(id), { firstMs: 5_000 });
  const client = new Canceller();
  const leaving = send({}, client).catch((error: unknown) => error);
  const staying = send();
  await clock.run(1_000);
  const before = replicas.requests.length;
  jump(30_000);
  clock.at(clock.nowMs(), () => client.cancel("client_gone"));
  const late = new Canceller();
  const left = send({}, late).catch((error: unknown) => error);
  clock.at(clock.nowMs() + 1, () => late.cancel("client_gone"));
  clock.at(clock.nowMs() + 10, () => ids.forEach((id) => replicas.set(id, "dead")));
  clock.at(clock.nowMs() + 20, () => ids.forEach((id) => replicas.set(id, "up")));
  await clock.run(20_000);
  edge.stop();
  expect(await staying).toMatchObject({ status: 503, text: expect.stringContaining("edge_stopped") });
  expect([await leaving, await left]).toMatchObject([{ kind: "aborted" }, { kind: "aborted" }]);
  expect(replicas.requests).toHaveLength(before);
  expect(events.filter(({ kind }) => kind === "clock_jump")).toHaveLength(1);
  expect(ids.map((id) => stateOf(id).state)).toEqual(["in", "in", "in", "in"]);
});

test("createEdge: what no region answers is a 503 that names the attempts", async () => {
  const { clock, replicas, send, edge } = rig();
  for (const id of ["a1", "a2", "b1", "b2"]) replicas.set(id, "dead");
  const answer = send();
  await clock.run(1_000);
  edge.stop();
  expect(await answer).toMatchObject({ status: 503, headers: { "retry-after": "1", "x-blastlab-edge-attempts": expect.stringMatching(/^(\w\d:failed;){3}\w\d:failed$/) } });
});

test("createEdge: only the API passes, and a draining edge refuses", async () => {
  const { clock, edge } = rig();
  const statusOf = async (path: string, method = "POST") => {
    const answer = edge.handle({ method, path, headers: {}, body: new Uint8Array(0) }, new Canceller().signal);
    await clock.run(clock.nowMs() + 500);
    return (await answer).status;
  };
  expect(await statusOf("/admin/state", "GET")).toBe(404);
  expect(await statusOf("/v1/../admin/state", "GET")).toBe(404);
  expect(await statusOf("/v1/models", "PUT")).toBe(405);
  expect(await statusOf("/v1/models", "GET")).toBe(200);
  edge.drain();
  expect(await statusOf("/v1/models", "GET")).toBe(503);
  edge.stop();
});

const mode = fc.constantFrom<Mode>("up", "dead", "silent", "sick", "erring");
const change = fc.record({ atMs: fc.integer({ min: 0, max: 90_000 }), replica: fc.constantFrom("a1", "a2", "b1", "b2"), mode });

test("createEdge: whatever flaps, some replica stays in, and within any 60 s no more than the limit is removed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 60 }), async (changes) => {
      const { clock, replicas, load, edge, events } = rig();
      for (const { atMs, replica, mode: next } of changes) clock.at(atMs, () => replicas.set(replica, next));
      void load(90_000, 500);
      for (let atMs = 0; atMs < 90_000; atMs += 500) clock.at(atMs, () => expect(edge.state().replicas.some(({ share }) => share > 0)).toBe(true));
      await clock.run(90_000);
      edge.stop();
      const removals = events.flatMap((event) => (event.kind === "removed" ? [event] : []));
      for (const { atMs } of removals) {
        const within = removals.filter((other) => other.atMs <= atMs && other.atMs > atMs - 60_000);
        expect(within.reduce((sum, { capacity }) => sum + capacity, 0)).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    }),
    { numRuns: 30 },
  );
});

test("createEdge: while region B lives, every request without content out succeeds, and no client gets content of two answers", async () => {
  const inA = fc.record({ atMs: fc.integer({ min: 0, max: 30_000 }), replica: fc.constantFrom("a1", "a2"), mode: fc.constantFrom<Mode>("up", "dead", "silent", "sick") });
  await fc.assert(
    fc.asyncProperty(fc.array(inA, { maxLength: 30 }), async (changes) => {
      const { clock, replicas, load, edge } = rig();
      for (const { atMs, replica, mode: next } of changes) clock.at(atMs, () => replicas.set(replica, next));
      const results = load(30_000, 100);
      await clock.run(60_000);
      edge.stop();
      for (const { status, text, isWhole } of await Promise.all(results)) expect({ status, text, isWhole }).toEqual({ status: 200, text: "part 0;", isWhole: true });
    }),
    { numRuns: 30 },
  );
});
