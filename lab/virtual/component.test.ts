import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import { Canceller, neverSignal } from "../../kernel/signal.ts";
import { bodyOf, TransportError, type Transport } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { VirtualComponent } from "./component.ts";
import { VirtualNetwork } from "./network.ts";
import type { VirtualProcess } from "./process.ts";

const origin = "http://server";
const bootMs = 1_000;
const workMs = 100;

/**
 * A server that answers after 100 ms with how many requests its process has had, and how long it took by its own clock.
 */
function load(process: VirtualProcess, onDone: () => void) {
  let count = 0;
  return {
    handler: async () => {
      const fromMs = process.clock.nowMs();
      const number = ++count;
      await process.clock.sleep(workMs);
      onDone();
      return { status: 200, headers: {}, body: bodyOf(utf8Bytes(`${number} in ${Math.round(process.clock.nowMs() - fromMs)}`)) };
    },
  };
}

function rig() {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, seed: 1 });
  const seen: string[] = [];
  const done: number[] = [];
  const onDone = () => void done.push(clock.nowMs());
  const component = new VirtualComponent({ id: "server", origin, clock, network, bootMs, load: (process) => load(process, onDone) });
  const transport = network.transport();
  const ask = (patienceMs = 60_000, way: Transport = transport) => {
    const leaving = new Canceller();
    const stop = clock.at(clock.nowMs() + patienceMs, () => leaving.cancel("impatient"));
    const note = (what: string) => void seen.push(`${Math.round(clock.nowMs())} ${what}`);
    return text(way, leaving).then(note, (error: TransportError) => note(error.kind)).finally(stop);
  };
  return { clock, network, component, seen, done, ask, at: (atMs: number, act: () => unknown) => clock.at(atMs, () => void act()) };
}

async function text(transport: Transport, { signal }: Canceller = { signal: neverSignal } as Canceller): Promise<string> {
  const { body } = await transport.open({ method: "POST", url: `${origin}/`, headers: {}, body: new Uint8Array() }, signal);
  let all = "";
  for await (const bytes of body) all += utf8Text(bytes);
  return all;
}

test("VirtualComponent.pause: peers see an open, silent socket, and what came due goes on in order when it is resumed", async () => {
  const { clock, component, seen, ask, at } = rig();
  at(0, () => ask());
  at(50, () => component.pause());
  at(60, () => ask());
  at(70, () => ask(1_000));
  at(5_000, () => component.resume());
  await clock.run();
  expect(seen).toEqual(["1070 aborted", "5000 1 in 5000", "5100 2 in 100"]);
});

test("VirtualComponent.pause: connections are accepted until the backlog is full; the next gets no answer", async () => {
  const { clock, component, network, seen, ask, at } = rig();
  at(0, () => component.pause());
  at(1, () => {
    for (let number = 0; number < listenBacklog; number++) void ask(5_000);
  });
  at(2, () => ask(5_000, network.transport({ connectMs: () => 500 })));
  await clock.run();
  expect(seen).toHaveLength(listenBacklog + 1);
  expect(seen[0]).toBe("502 connect_timeout");
  expect(new Set(seen.slice(1))).toEqual(new Set(["5001 aborted"]));
});

test("VirtualComponent.kill: peers get a reset, and nothing of its work is ever done", async () => {
  const { clock, component, seen, done, ask, at } = rig();
  at(0, () => ask());
  at(20, () => component.kill());
  at(30, () => ask());
  await clock.run();
  expect(seen).toEqual(["20 reset", "30 refused"]);
  expect(done).toEqual([]);
  expect(component.program).toBeNull();
});

test("VirtualComponent.start: it refuses connections until it has booted, and its memory is empty", async () => {
  const { clock, component, seen, ask, at } = rig();
  let servesAtMs = -1;
  at(0, () => ask());
  at(200, () => component.kill());
  at(300, () => component.start().then(() => (servesAtMs = clock.nowMs())));
  at(1_299, () => ask());
  at(1_300, () => ask());
  await clock.run();
  expect(seen).toEqual(["100 1 in 100", "1299 refused", "1400 1 in 100"]);
  expect(servesAtMs).toBe(1_300);
});

test("VirtualComponent.start: one that is killed or paused while it boots does not serve, or later", async () => {
  const { clock, component, seen, ask, at } = rig();
  const starts: string[] = [];
  const start = () => component.start().then(() => starts.push(`${clock.nowMs()} up`), (error: Error) => starts.push(`${clock.nowMs()} ${error.message}`));
  at(0, () => component.kill());
  at(0, start);
  at(500, () => component.kill());
  at(600, start);
  at(700, () => component.pause());
  at(3_000, () => component.resume());
  at(3_100, () => ask());
  await clock.run();
  expect(starts).toEqual(['500 "server" was killed before it served', "3000 up"]);
  expect(seen).toEqual(["3200 1 in 100"]);
});

test("VirtualComponent.stop: what is under way is finished, new connections are refused", async () => {
  const { clock, component, seen, ask, at } = rig();
  let goneAtMs = -1;
  at(0, () => ask());
  at(50, () => component.stop().then(() => (goneAtMs = clock.nowMs())));
  at(60, () => ask());
  await clock.run();
  expect(seen).toEqual(["60 refused", "100 1 in 100"]);
  expect(Math.round(goneAtMs)).toBe(100);
  expect(component.program).toBeNull();
});

test("VirtualComponent.stop: a process with a drain refuses new requests, finishes what is under way, and reports what it cuts", async () => {
  const { clock, network, seen, ask, at } = rig();
  let state: "open" | "draining" | "cut" = "open";
  const served = async (process: VirtualProcess, workMs: number) => {
    if (state !== "open") return "refused";
    for (let waitedMs = 0; waitedMs < workMs; waitedMs += 10) {
      await process.clock.sleep(10);
      if ((state as string) === "cut") return "cut";
    }
    return "done";
  };
  const drained = new VirtualComponent({
    id: "drained", origin: "http://drained", clock, network, bootMs,
    load: (process) => ({
      handler: async ({ path }) => ({ status: 200, headers: {}, body: bodyOf(utf8Bytes(await served(process, Number(path.slice(1))))) }),
      drain: { ms: 500, begin: () => void (state = "draining"), cut: () => void (state = "cut") },
    }),
  });
  const way = (ms: number): Transport => ({ open: (request, signal) => network.transport().open({ ...request, url: `http://drained/${ms}` }, signal) });
  at(0, () => ask(60_000, way(200)));
  at(0, () => ask(60_000, way(9_000)));
  at(50, () => drained.stop().then(() => seen.push(`${Math.round(clock.nowMs())} gone`)));
  at(60, () => ask(60_000, way(0)));
  await clock.run();
  expect(seen).toEqual(["60 refused", "200 done", "550 cut", "550 gone"]);
  expect(drained.program).toBeNull();
});

test("VirtualComponent: what its state does not allow is an error", async () => {
  const { component } = rig();
  await expect(component.start()).rejects.toThrow("it runs");
  component.kill();
  component.kill();
  await expect(component.pause()).rejects.toThrow("it is dead");
  await expect(component.resume()).rejects.toThrow("it is dead");
});

test("VirtualNetwork.link: a name that does not resolve fails new connections alone", async () => {
  const { clock, network, seen, ask, at } = rig();
  const link = network.link({ id: "caller~server", origin: "http://caller.to.server", upstream: origin });
  const way = (): Transport => {
    const transport = network.transport({ connectMs: () => 700 });
    return { open: (request, signal) => transport.open({ ...request, url: "http://caller.to.server/" }, signal) };
  };
  const kept = way();
  at(0, () => ask(60_000, kept));
  for (const [index, answer] of (["nxdomain", "timeout", "stale", null] as const).entries()) {
    at(1_000 * (index + 1), () => link.setResolver(answer));
    at(1_000 * (index + 1), () => ask(60_000, way()));
  }
  at(2_000, () => ask(60_000, kept));
  await clock.run();
  expect(seen).toEqual(["100 1 in 100", "1000 dns", "2100 2 in 100", "2700 connect_timeout", "3000 refused", "4100 3 in 100"]);
});

const operations = ["pause", "resume", "kill", "start"] as const;

test("VirtualComponent: whatever is done to it, every request ends in a way that explains itself", async () => {
  const operation = fc.record({ afterMs: fc.integer({ min: 0, max: 1_500 }), name: fc.constantFrom(...operations) });
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (plan) => {
      const { clock, component, seen, ask, at } = rig();
      let atMs = 0;
      for (const { afterMs, name } of plan) {
        atMs += afterMs;
        at(atMs, () => Promise.resolve(component[name]()).catch(() => {}));
      }
      const asked = Array.from({ length: 40 }, (_, index) => index * 400);
      for (const askedMs of asked) at(askedMs, () => ask(2_000));
      await clock.run();
      expect(seen).toHaveLength(asked.length);
      expect(seen.filter((line) => !/^\d+ (\d+ in [\d.]+|refused|reset|aborted)$/.test(line))).toEqual([]);
      expect(clock.idle).toBe(true);
    }),
    { numRuns: 300 },
  );
});
