import { expect, test } from "vitest";
import { ControlRig } from "../testing.ts";
import type { Receipt } from "./receipt.ts";

/**
 * A bad package was pushed to region a. Each try is a way to have it in region b within a minute of that, as if
 * everything else were done already: here both regions pass every check at once. docs/control-plane.md lists the tries.
 */
interface Regions {
  readonly a: ControlRig;
  readonly b: ControlRig;
  /** Both clocks. */
  readonly pass: (ms: number) => void;
}

interface Try {
  readonly name: string;
  /** Codes of the refusals, in order. */
  readonly refused: readonly string[];
  readonly act: (regions: Regions, refusalOf: (act: () => void) => void) => void;
}

/** With a first package of its own. */
function regionB(): ControlRig {
  const b = new ControlRig({ region: "b", receiptFrom: "a" });
  const hash = b.push("first", { force: true });
  b.pass(60_000);
  b.checks(hash);
  b.plane.acknowledge("p1", hash, null);
  return b;
}

const by = (rig: ControlRig) => ({ who: "operator", why: "test", make: rig.make });
const bad = "bad";

/** Brings what waits or is checked in b as far as it can come. */
function hurry(b: ControlRig): void {
  b.plane.advance();
  const { rollout } = b.plane.state;
  if (rollout !== null) b.checks(rollout.hash);
}

const contentOf = (rig: ControlRig, hash: string | null) => rig.plane.state.history.find((each) => each.package.hash === hash)?.package.content ?? null;
const offered = (rig: ControlRig) => [rig.plane.feed.current, rig.plane.feed.candidate?.hash ?? null].map((hash) => contentOf(rig, hash));

/** Signed by a for another package that has run for long. */
function receiptOfGood(a: ControlRig): Receipt {
  a.nowMs += 3_600_000;
  return a.plane.receipt(a.plane.state.active!);
}

const tries: readonly Try[] = [
  { name: "push to b without a receipt", refused: ["receipt_missing"], act: ({ b }, refusalOf) => refusalOf(() => b.push(bad)) },
  {
    name: "push to both at once, forced",
    refused: [],
    act: ({ b }) => void b.push(bad, { force: true }),
  },
  {
    name: "forced, cancelled and forced again: each wait is a whole one",
    refused: [],
    act: ({ b, pass }) => {
      for (let round = 0; round < 3; round++) {
        b.push(bad, { force: true });
        pass(19_000);
        b.plane.rollback(null, by(b));
      }
      b.push(bad, { force: true });
    },
  },
  {
    name: "b's control plane is restarted during the wait",
    refused: [],
    act: ({ b, pass }) => {
      b.push(bad, { force: true });
      pass(30_000);
      b.restart();
    },
  },
  {
    name: "b's clock is moved forward during the wait, with and without a restart",
    refused: [],
    act: ({ b }) => {
      b.push(bad, { force: true });
      b.skewMs = 86_400_000;
      hurry(b);
      b.restart();
    },
  },
  {
    name: "the receipt of a is taken at once",
    refused: ["receipt_baking"],
    act: ({ a }, refusalOf) => refusalOf(() => a.plane.receipt(a.plane.state.active!)),
  },
  {
    name: "a's clock is moved forward, or a restarted, to have the receipt sooner",
    refused: ["receipt_baking", "receipt_baking"],
    act: ({ a }, refusalOf) => {
      a.skewMs = 86_400_000;
      refusalOf(() => a.plane.receipt(a.plane.state.active!));
      a.restart();
      refusalOf(() => a.plane.receipt(a.plane.state.active!));
    },
  },
  {
    name: "a receipt of an earlier package, replayed",
    refused: ["receipt_of_another"],
    act: ({ b }, refusalOf) => {
      const receipt = receiptOfGood(new ControlRig().seeded());
      b.nowMs += 3_600_000;
      refusalOf(() => b.push(bad, { receipt }));
    },
  },
  {
    name: "a receipt whose times or content were changed",
    refused: ["receipt_invalid", "receipt_invalid"],
    act: ({ b }, refusalOf) => {
      const receipt = receiptOfGood(new ControlRig().seeded());
      b.nowMs += 3_600_000;
      refusalOf(() => b.push(bad, { receipt: { ...receipt, content: bad } }));
      refusalOf(() => b.push(bad, { receipt: { ...receipt, content: bad, reachedAtMs: 0 } }));
    },
  },
  {
    name: "a receipt that another region's key signed: b's own, or that of a copy with a new key",
    refused: ["receipt_invalid"],
    act: ({ b }, refusalOf) => {
      const forger = new ControlRig({ region: "c" });
      forger.nowMs -= 3_600_000;
      forger.checks(forger.push(bad));
      const receipt = { ...receiptOfGood(forger), region: "a" };
      refusalOf(() => b.push(bad, { receipt }));
    },
  },
  {
    name: "rollback in b to the package by its hash",
    refused: ["nothing_to_restore", "nothing_to_restore"],
    act: ({ a, b }, refusalOf) => {
      refusalOf(() => b.plane.rollback(a.plane.state.active!, by(b)));
      const hash = b.push(bad, { force: true });
      refusalOf(() => b.plane.rollback(hash, by(b)));
    },
  },
  {
    name: "an alarm in b, which restores what ran before",
    refused: [],
    act: ({ b }) => {
      b.push(bad, { force: true });
      b.plane.breached("pager", "objective", b.make);
      b.plane.breached("pager", "objective", b.make);
    },
  },
  {
    name: "a data plane's word that it runs the package",
    refused: ["package_unknown"],
    act: ({ a, b }, refusalOf) => {
      refusalOf(() => b.plane.acknowledge("p1", a.plane.state.active!, null));
      const hash = b.push(bad, { force: true });
      b.plane.acknowledge("p1", hash, null);
      b.report({ [hash]: [1_000, 0], [b.plane.state.active!]: [1_000, 0] });
    },
  },
];

test.each(tries)("ControlPlane: a bad package of another region is not offered within a minute: $name", ({ act, refused }) => {
  const a = new ControlRig().seeded();
  const b = regionB();
  // Both have run for a day.
  a.pass(86_400_000);
  b.nowMs = a.nowMs;
  b.pass(0);
  a.promote(a.push(bad));
  const atMs = a.nowMs;
  const look = () => {
    hurry(b);
    if (b.nowMs - atMs < 60_000) expect(offered(b)).not.toContain(bad);
  };
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      a.pass(1_000);
      b.pass(1_000);
      look();
    }
  };
  b.nowMs = atMs;
  const codes: string[] = [];
  const refusalOf = (attempt: () => void) => {
    try {
      attempt();
      codes.push("nothing");
    } catch (error) {
      codes.push((error as { readonly code: string }).code);
    }
  };
  act({ a, b, pass }, refusalOf);
  look();
  pass(59_000);
  expect(codes).toEqual(refused);
});

test("ControlPlane: forced in another region, a package is offered after 60 s on its clock, and not before", () => {
  const b = regionB();
  b.push(bad, { force: true });
  b.nowMs += 59_999;
  hurry(b);
  expect(offered(b)).not.toContain(bad);
  b.nowMs += 1;
  hurry(b);
  expect(offered(b)).toContain(bad);
});
