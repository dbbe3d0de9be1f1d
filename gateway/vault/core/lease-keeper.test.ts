import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { seededRng } from "../../../kernel/rng.ts";
import { neverSignal } from "../../../kernel/signal.ts";
import { TransportError, type Handler, type Transport } from "../../../kernel/transport.ts";
import { MemoryLeaseDisk, MemoryVaultDisk, plainKey, sha256 } from "../testing.ts";
import { blastlabPort } from "./blastlab-port.ts";
import { vaultHandler } from "./handler.ts";
import { defaultTerms } from "./lease.ts";
import { LeaseKeeper, type LeaseEvent } from "./lease-keeper.ts";
import { Vault } from "./vault.ts";

type State = "up" | "dead" | "silent" | "slow" | "cached";

const minute = 60_000;
const hour = 60 * minute;

/** A vault and data planes in virtual time: the vault's own handler over a transport that can fail. */
class World {
  readonly clock = new VirtualClock();
  readonly vaultDisk = new MemoryVaultDisk();
  readonly leaseDisk = new MemoryLeaseDisk();
  readonly events: LeaseEvent[] = [];
  readonly requests: { readonly atMs: number; readonly path: string; readonly status: number }[] = [];
  readonly #key = plainKey();
  readonly #seed: number;
  readonly #leasesPerMinute: number;
  #planes = 0;
  #handler: Handler;
  #kept: ReturnType<Handler> | null = null;
  vault: Vault;
  state: State = "up";

  constructor({ seed = 1, leasesPerMinute = 6_000 } = {}) {
    this.#seed = seed;
    this.#leasesPerMinute = leasesPerMinute;
    [this.vault, this.#handler] = this.#start();
    this.vault.put({ name: "KEY", value: "one", who: "operator:x" });
  }

  #start(): [Vault, Handler] {
    let ids = 0;
    const vault = new Vault({ region: "a", terms: defaultTerms }, { clock: this.clock, master: this.#key, disk: this.vaultDisk, digest: sha256, randomId: () => `lease-${++ids}` });
    const roleOf = (bearer: string) => (bearer === "plane-key" ? "plane" : null);
    return [vault, vaultHandler({ vault, clock: this.clock, leasesPerMinute: this.#leasesPerMinute, roleOf })];
  }

  restartVault(): void {
    this.#key.forget();
    [this.vault, this.#handler] = this.#start();
    this.state = "up";
  }

  readonly #transport: Transport = {
    open: async (request, signal) => {
      if (this.state === "dead") throw new TransportError("refused");
      if (this.state === "silent") await new Promise<never>((_, reject) => void signal.onAbort(() => reject(new TransportError("aborted"))));
      if (this.state === "slow") await this.clock.sleep(4_900, signal).catch(() => Promise.reject(new TransportError("aborted")));
      const path = new URL(request.url).pathname;
      const ask = () => this.#handler({ method: request.method, path, headers: { host: "127.0.0.1", ...request.headers }, body: request.body }, signal);
      const response = await (path !== "/v1/leases" ? ask() : this.state === "cached" ? (this.#kept ?? ask()) : (this.#kept = ask()));
      this.requests.push({ atMs: this.clock.nowMs(), path, status: response.status });
      return response;
    },
  };

  /** A data plane's process: with the disk of the one before. */
  plane(): LeaseKeeper {
    const id = this.#planes++;
    let nonces = 0;
    const exchange = { transport: this.#transport, clock: this.clock, url: "http://127.0.0.1:1", key: () => Promise.resolve("plane-key"), timeoutMs: 5_000 };
    const port = blastlabPort({ ...exchange, plane: `p${id}`, nonce: () => `${id}-${++nonces}` });
    return new LeaseKeeper({ checkMs: 1_000 }, { clock: this.clock, rng: seededRng(this.#seed, `${id}`), port, disk: this.leaseDisk, emit: (event) => this.events.push(event) });
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs() + ms;
    this.clock.at(untilMs, () => {});
    await this.clock.run(untilMs);
  }

  /** What a read comes to, in words. */
  read(plane: LeaseKeeper): Promise<string> {
    const result = plane.read("KEY", neverSignal).catch((error: Error) => `${error.name}: ${error.message}`);
    return Promise.race([this.pass(10_000), result]).then(() => result);
  }

  leases(): number {
    return this.requests.filter(({ path, status }) => path === "/v1/leases" && status === 200).length;
  }
}

/** Reads at fixed intervals for `ms`, and counts what came. */
async function load(world: World, plane: () => LeaseKeeper, ms: number, everyMs = 100): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const done: Promise<void>[] = [];
  for (let at = 0; at < ms; at += everyMs) {
    world.clock.at(world.clock.nowMs() + at, () => {
      done.push(plane().read("KEY", neverSignal).catch((error: Error) => error.name).then((value) => void (counts[value] = (counts[value] ?? 0) + 1)));
    });
  }
  await world.pass(ms + 10_000);
  await Promise.all(done);
  return counts;
}

test("LeaseKeeper: the vault sealed for 10 minutes and the data plane restarted meanwhile: no read fails", async () => {
  const world = new World();
  let plane = world.plane();
  await plane.warm(["KEY"]);
  const { clock } = world;
  clock.at(clock.nowMs() + minute, () => world.vault.seal("operator:x"));
  clock.at(clock.nowMs() + 5 * minute, () => {
    plane.close();
    plane = world.plane();
  });
  clock.at(clock.nowMs() + 11 * minute, () => world.vault.unseal("operator:x"));
  expect(await load(world, () => plane, 15 * minute)).toEqual({ one: 9_000 });
  expect(world.events.map(({ type }) => type)).toContain("renewal_failed");
  expect(plane.state()).toMatchObject([{ state: "fresh", trouble: null }]);
});

test("LeaseKeeper: the vault dead, silent or slow for 10 minutes, restarted, and the data plane restarted: no read fails", async () => {
  for (const state of ["dead", "silent", "slow"] as const) {
    const world = new World();
    let plane = world.plane();
    await plane.warm(["KEY"]);
    world.clock.at(world.clock.nowMs() + minute, () => (world.state = state));
    world.clock.at(world.clock.nowMs() + 4 * minute, () => {
      plane.close();
      plane = world.plane();
    });
    world.clock.at(world.clock.nowMs() + 11 * minute, () => world.restartVault());
    expect({ state, ...(await load(world, () => plane, 15 * minute)) }).toEqual({ state, one: 9_000 });
  }
});

test("LeaseKeeper: renews in the first two thirds of each lease, and asks for nothing more", async () => {
  const world = new World();
  await world.plane().warm(["KEY"]);
  await world.pass(10 * hour);
  expect(world.leases()).toBeGreaterThanOrEqual(1 + 25);
  expect(world.leases()).toBeLessThanOrEqual(1 + 36);
  expect(world.events.filter(({ type }) => type === "renewal_failed")).toEqual([]);
});

test("LeaseKeeper: while the vault is away a value is used through the grace period, and then refused with the reason", async () => {
  const world = new World();
  const plane = world.plane();
  await plane.warm(["KEY"]);
  world.vault.seal("operator:x");
  await world.pass(2 * hour);
  expect(plane.state()).toMatchObject([{ state: "grace", trouble: "sealed" }]);
  expect(await world.read(plane)).toBe("one");
  await world.pass(22 * hour + 59 * minute);
  expect(await world.read(plane)).toBe("one");
  await world.pass(5 * minute);
  expect(await world.read(plane)).toBe('SecretUnavailable: The lease on secret "KEY" and its grace period ended at 2025-01-02T01:00:00Z: The vault is sealed');
  plane.close();
  const again = world.plane();
  expect(await world.read(again)).toContain("its grace period ended at");
  world.vault.unseal("operator:x");
  await world.pass(2 * minute);
  expect(await world.read(again)).toBe("one");
});

test("LeaseKeeper: a data plane that never had a lease starts without, and has it soon after the vault is back", async () => {
  const world = new World();
  world.state = "dead";
  const plane = world.plane();
  expect(await world.read(plane)).toBe('SecretUnavailable: There is no lease on secret "KEY": The vault cannot be reached: refused');
  world.state = "up";
  await world.pass(3_000);
  expect(await world.read(plane)).toBe("one");
});

test("LeaseKeeper: a revoked secret is gone within two seconds, from the disk too, and comes back with a new version", async () => {
  const world = new World();
  const plane = world.plane();
  await plane.warm(["KEY"]);
  world.vault.revoke({ name: "KEY", version: null, who: "operator:x" });
  await world.pass(2_000);
  expect(await world.read(plane)).toBe('SecretUnavailable: There is no lease on secret "KEY": Secret "KEY" is revoked');
  expect(world.leaseDisk.leases.size).toBe(0);
  world.vault.rotate({ name: "KEY", value: "two", overlapMs: 0, who: "operator:x" });
  await world.pass(2 * minute);
  expect(await world.read(plane)).toBe("two");
});

test("LeaseKeeper: a rotation under load reaches every data plane within ten seconds, the old value works until then, and no read fails", async () => {
  const world = new World();
  const planes = Array.from({ length: 5 }, () => world.plane());
  await Promise.all(planes.map((plane) => plane.warm(["KEY"])));
  world.clock.at(world.clock.nowMs() + 10_000, () => world.vault.rotate({ name: "KEY", value: "two", overlapMs: hour, who: "operator:x" }));
  let next = 0;
  const counts = await load(world, () => planes[next++ % 5]!, 60_000);
  expect(Object.keys(counts).toSorted()).toEqual(["one", "two"]);
  expect(counts["two"]).toBeGreaterThan(400);
  expect(new Set(await Promise.all(planes.map((plane) => world.read(plane))))).toEqual(new Set(["two"]));
  expect(world.events.filter(({ type }) => type === "renewal_failed")).toEqual([]);
});

test("LeaseKeeper: an answer out of a cache is no renewal", async () => {
  const world = new World();
  const plane = world.plane();
  await plane.warm(["KEY"]);
  world.state = "cached";
  await world.pass(70 * minute);
  expect(plane.state()).toMatchObject([{ state: "grace", trouble: "cached" }]);
  world.state = "up";
  await world.pass(2 * minute);
  expect(plane.state()).toMatchObject([{ state: "fresh", trouble: null }]);
});

test("LeaseKeeper: a vault that limits its leases is asked no more often than it says, and in the end all have theirs", async () => {
  const world = new World({ leasesPerMinute: 6 });
  const planes = Array.from({ length: 12 }, () => {
    world.leaseDisk.leases.clear();
    return world.plane();
  });
  await Promise.all(planes.map((plane) => plane.warm(["KEY"])));
  expect(planes.filter((plane) => plane.state()[0]!.state === "fresh")).toHaveLength(6);
  await world.pass(10 * minute);
  expect(planes.filter((plane) => plane.state()[0]!.state === "fresh")).toHaveLength(12);
  expect(world.requests.filter(({ status }) => status === 429).length).toBeLessThan(40);
});

test("LeaseKeeper: requests that wait for a first lease share one request to the vault, and a refused one is not asked for at every request", async () => {
  const world = new World();
  const plane = world.plane();
  await Promise.all(Array.from({ length: 100 }, () => plane.read("KEY", neverSignal)));
  expect(world.leases()).toBe(1);
  const results = Array.from({ length: 100 }, () => plane.read("OTHER", neverSignal).catch((error: Error) => error.message));
  expect(new Set(await Promise.all(results))).toEqual(new Set(['There is no lease on secret "OTHER": There is no secret of that name']));
  for (let at = 0; at < 50; at++) await plane.read("OTHER", neverSignal).catch(() => {});
  expect(world.requests.filter(({ status }) => status === 404)).toHaveLength(1);
});

test("LeaseKeeper: with any order of seals, deaths, rotations and restarts shorter than the grace, a value that was never revoked is always read", async () => {
  const step = fc.record({ what: fc.constantFrom("seal", "unseal", "dead", "up", "silent", "rotate", "restart plane", "restart vault"), forMs: fc.integer({ min: 0, max: 30 * minute }) });
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(step, { maxLength: 8 }), async (seed, steps) => {
      const world = new World({ seed });
      let plane = world.plane();
      await plane.warm(["KEY"]);
      let version = 1;
      for (const { what, forMs } of steps) {
        if (what === "seal") world.vault.seal("operator:x");
        else if (what === "unseal") world.vault.unseal("operator:x");
        else if (what === "rotate" && !world.vault.isSealed) world.vault.rotate({ name: "KEY", value: `${++version}`, overlapMs: 24 * hour, who: "operator:x" });
        else if (what === "dead" || what === "up" || what === "silent") world.state = what;
        else if (what === "restart vault") world.restartVault();
        else if (what === "restart plane") {
          plane.close();
          plane = world.plane();
        }
        await world.pass(forMs);
        const value = await world.read(plane);
        expect(value === "one" || Number(value) <= version).toBe(true);
      }
      world.restartVault();
      if (world.vault.isSealed) world.vault.unseal("operator:x");
      await world.pass(5 * minute);
      expect(await world.read(plane)).toBe(version === 1 ? "one" : `${version}`);
      plane.close();
    }),
    { numRuns: 60 },
  );
});
