import { expect, test } from "vitest";
import { undeliveredHeader } from "../../core/replies.ts";
import { rig } from "../testing/rig.ts";

const regions = { A: ["a1", "a2"], B: ["b1", "b2"] };
type Rig = ReturnType<typeof rig>;

/** From now on these replicas answer that they delivered nothing, after `firstMs`. */
function cutOff({ replicas }: Rig, ids: readonly string[], headers: Readonly<Record<string, string>> = { [undeliveredHeader]: "1" }): void {
  for (const id of ids) {
    Object.assign(replicas.script(id), { headers, firstMs: 1_000 });
    replicas.set(id, "erring");
  }
}

/** Without ejection, so that the rule is seen alone. */
const noEjection = { ejection: { ejectMs: 5_000, ejectMsMax: 60_000, requestsMin: 1_000, failureShare: 1, othersShareMax: 0.5, consecutiveFailures: 3, windowMs: 10_000, capacityPerMinuteMax: 0.5 } };

async function results({ clock, load, edge }: Rig, untilMs: number, everyMs: number) {
  const answers = load(untilMs, everyMs);
  await clock.run(untilMs + 10_000);
  edge.stop();
  return Promise.all(answers);
}

test("Elsewhere: a region that delivers nothing costs no request while the budget lasts, and the other region answers each once", async () => {
  const one = rig({ ...noEjection, retry: { attemptsMax: 4, connectMs: 400, keptSilentMs: 2_000, elsewhere: { ratio: 0.2, tokensMax: 1_000 } } }, regions);
  cutOff(one, ["a1", "a2"]);
  const answers = await results(one, 20_000, 100);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  const moved = answers.filter(({ headers }) => headers["x-blastlab-edge-attempts"]!.startsWith("a"));
  expect(moved.length).toBeGreaterThan(50);
  for (const { headers } of moved) expect(headers["x-blastlab-edge-attempts"]).toMatch(/^a\d:undelivered;b\d:200$/);
  expect(one.events.filter((event) => event.kind === "attempt" && event.end === "undelivered")).toHaveLength(moved.length);
});

test("Elsewhere: attempts elsewhere are at most ratio * requests + tokensMax", async () => {
  const one = rig({ ...noEjection, retry: { attemptsMax: 4, connectMs: 400, keptSilentMs: 2_000, elsewhere: { ratio: 0.1, tokensMax: 5 } } }, regions);
  cutOff(one, ["a1", "a2"]);
  const answers = await results(one, 40_000, 50);
  const moved = answers.filter(({ headers }) => headers["x-blastlab-edge-attempts"]!.includes("undelivered")).length;
  expect(moved).toBeLessThanOrEqual(0.1 * answers.length + 5);
  expect(moved).toBeGreaterThan(0.1 * answers.length - 5);
});

test("Elsewhere: an outage that both regions see adds at most a tenth to the load", async () => {
  const one = rig({}, regions);
  const answers = one.load(60_000, 50);
  one.clock.at(10_000, () => cutOff(one, ["a1", "a2", "b1", "b2"]));
  await one.clock.run(70_000);
  one.edge.stop();
  await Promise.all(answers);
  expect(one.replicas.requests.length / answers.length).toBeLessThan(1.1);
});

test("Elsewhere: an answer that does not say so, or that follows another region's failure, is passed on, and so is all with a budget of 0", async () => {
  const silent = rig(noEjection, { A: ["a1"], B: ["b1"] });
  cutOff(silent, ["a1"], {});
  expect((await results(silent, 2_000, 100)).filter(({ status }) => status === 500).length).toBeGreaterThan(3);
  const off = rig({ ...noEjection, retry: { attemptsMax: 4, connectMs: 400, keptSilentMs: 2_000, elsewhere: { ratio: 0, tokensMax: 0 } } }, { A: ["a1"], B: ["b1"] });
  cutOff(off, ["a1"]);
  expect((await results(off, 2_000, 100)).filter(({ status }) => status === 500).length).toBeGreaterThan(3);
  const dead = rig({}, { A: ["a1"], B: ["b1"] });
  cutOff(dead, ["b1"]);
  dead.replicas.set("a1", "dead");
  for (const { headers } of await results(dead, 500, 100)) expect(headers["x-blastlab-edge-attempts"]).toMatch(/^(a1:(failed|moved);)?b1:500$|^b1:undelivered;a1:failed$/);
});

test("Elsewhere: a region that is out, or that returns by its ramp, is not asked", async () => {
  const one = rig({}, { A: ["a1"], B: ["b1"] });
  one.replicas.set("b1", "dead");
  await one.clock.run(3_000);
  one.replicas.set("b1", "up");
  cutOff(one, ["a1"]);
  await one.clock.run(5_000);
  expect(one.stateOf("b1").state).toBe("ramp");
  const answers = await results(one, 7_000, 20);
  expect(answers.filter(({ headers }) => headers["x-blastlab-edge-attempts"]!.includes("undelivered"))).toEqual([]);
});
