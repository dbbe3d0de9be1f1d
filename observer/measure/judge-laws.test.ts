import fc from "fast-check";
import { expect, test } from "vitest";
import { judge } from "./judge.ts";
import { cellNamed, HandMadeRun } from "./testing.ts";

const teams = ["red", "blue", "green"];
const cells = teams.map((team) => cellNamed(team));

interface Drawn {
  readonly team: string;
  readonly atMs: number;
  readonly bad: boolean;
}

const drawn: fc.Arbitrary<Drawn[]> = fc.array(
  fc.record({ team: fc.constantFrom(...teams), atMs: fc.integer({ min: 0, max: 100_000 }), bad: fc.boolean() }),
  { minLength: 1, maxLength: 120 },
);

/** `requestsMin` is small so that a few requests decide. */
function judgeDrawn(requests: readonly Drawn[], order: (run: HandMadeRun) => void = () => {}) {
  const run = new HandMadeRun();
  for (const { team, atMs, bad } of requests) {
    if (bad) run.failed(team, atMs);
    else run.good(team, atMs);
  }
  const plan = run.plan({ cells, measure: { ...run.plan().measure, requestsMin: 3 } });
  order(run);
  return judge(plan, run.records(), { arrivals: run.arrivals });
}

test("judge: 0 <= low <= high <= 1 for the bad-window share and the reach: law", () => {
  fc.assert(
    fc.property(drawn, (requests) => {
      const { measures } = judgeDrawn(requests);
      for (const [low, high] of measures === null ? [] : [measures.badWindowShare, measures.reach.cells.share]) {
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeGreaterThanOrEqual(low);
        expect(high).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("judge: the order of the records changes nothing: law", () => {
  fc.assert(
    fc.property(drawn, fc.infiniteStream(fc.nat()), (requests, keys) => {
      const shuffle = <T>(items: T[]) => {
        const keyed = items.map((item) => [keys.next().value as number, item] as const).sort((a, b) => a[0] - b[0]);
        items.splice(0, items.length, ...keyed.map(([, item]) => item));
      };
      const shuffled = judgeDrawn(requests, (run) => {
        shuffle(run.client);
        shuffle(run.wire);
        shuffle(run.arrivals);
      });
      expect(shuffled).toEqual(judgeDrawn(requests));
    }),
  );
});

test("judge: a request of the exposure that turns bad never lowers the blast radius or the bad-window share: law", () => {
  fc.assert(
    fc.property(drawn, fc.nat(), (requests, pick) => {
      const exposed = requests.filter(({ atMs, bad }) => atMs >= 20_000 && !bad);
      const chosen = exposed[pick % Math.max(1, exposed.length)];
      const before = judgeDrawn(requests).measures;
      const after = judgeDrawn(requests.map((request) => (request === chosen ? { ...request, bad: true } : request))).measures;
      if (before == null || after == null) return;
      expect(after.blastRadius!.share).toBeGreaterThanOrEqual(before.blastRadius!.share);
      for (const end of [0, 1] as const) expect(after.badWindowShare[end]).toBeGreaterThanOrEqual(before.badWindowShare[end]);
    }),
  );
});

test("judge: the books of an honest run balance: law", () => {
  fc.assert(
    fc.property(drawn, (requests) => {
      expect(judgeDrawn(requests).books).toMatchObject({ balanced: true, problems: [], sent: requests.length });
    }),
  );
});
