import { createServer } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { EdgeRig, shareOf, type Answer, type Engine } from "./rig.ts";

/** What a case found: whether it holds, and figures, which vary from run to run. */
export interface Finding {
  readonly holds: boolean;
  readonly figures: string;
}

export interface Case {
  readonly name: string;
  /** What holds, in the words of the table. */
  readonly claim: string;
  /** Where HAProxy cannot: why. Its finding is then a figure, and not held to anything. */
  readonly haproxyLimit: string | null;
  /** Of the edge. Default: a short ramp. */
  readonly settings?: object;
  /** The replicas that run. Default: both. */
  readonly live?: readonly string[];
  /** Before the edge starts; what it defers is undone at the end. */
  readonly before?: (rig: EdgeRig, undo: AsyncDisposableStack) => Promise<void>;
  readonly find: (rig: EdgeRig) => Promise<Finding>;
}

const ramp = { steps: [0.1, 0.25, 0.5, 1], stepMsMin: 400, stepMsMax: 400 };
const good = ({ status, isWhole }: Answer) => status === 200 && isWhole;
const summary = (answers: readonly Answer[]) => `${answers.filter((answer) => !good(answer)).length} of ${answers.length} failed, slowest ${Math.round(Math.max(...answers.map(({ tookMs }) => tookMs)))} ms`;
const allGood = (answers: readonly Answer[]): Finding => ({ holds: answers.every(good), figures: summary(answers) });

/** A stream of some seconds that the replica `a1` has begun. */
async function streamAtA(rig: EdgeRig): Promise<{ readonly answer: Promise<Answer> }> {
  for (let asked = 0; asked < 40; asked++) {
    const stream = await rig.begin({ "x-parts": "30", "x-part-ms": "150" });
    if (stream.replica === "a1") return stream;
  }
  throw new Error("None of 40 streams is at A");
}

/** Plays a case at an edge and two replicas of its own. */
export async function play({ settings, live, before, find }: Case, engine: Engine): Promise<Finding> {
  await using undo = new AsyncDisposableStack();
  await using rig = new EdgeRig();
  await before?.(rig, undo);
  await rig.start(engine, { ramp, ...settings }, live);
  return await find(rig);
}

export const cases: readonly Case[] = [
  {
    name: "kill",
    claim: "A is killed under load: every request succeeds",
    haproxyLimit: null,
    find: async (rig) => allGood(await rig.load(60, () => rig.signal("a1", "SIGKILL"))),
  },
  {
    name: "silent",
    claim: "A is stopped (SIGSTOP) under load: every request succeeds, and none takes more than 3 s",
    haproxyLimit: null,
    async find(rig) {
      const answers = await rig.load(60, () => rig.signal("a1", "SIGSTOP"));
      return { holds: answers.every((answer) => good(answer) && answer.tookMs < 3_000), figures: summary(answers) };
    },
  },
  {
    name: "large body",
    claim: "A is killed under load with bodies of 200 KiB: every request succeeds",
    haproxyLimit: "a body over its buffer of 64 KiB is not kept, so a request in flight cannot be sent again",
    find: async (rig) => allGood(await rig.load(60, () => rig.signal("a1", "SIGKILL"), JSON.stringify({ text: "x".repeat(200 * 1024) }))),
  },
  {
    name: "refuse",
    claim: "Nobody listens at A: every request succeeds",
    haproxyLimit: null,
    live: ["b1"],
    find: async (rig) => allGood(await rig.load(40)),
  },
  {
    name: "half-open",
    claim: "A accepts connections and closes them: every request succeeds",
    haproxyLimit: null,
    live: ["b1"],
    async before({ ports }, undo) {
      const closing = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
      await once(closing, "listening");
      undo.defer(() => void closing.close());
      ports.set("a1", (closing.address() as { port: number }).port);
    },
    find: async (rig) => allGood(await rig.load(40)),
  },
  {
    name: "drain",
    claim: "A is drained: its open stream ends whole, everything new goes to B, and draining B too is refused",
    haproxyLimit: null,
    async find(rig) {
      const stream = await streamAtA(rig);
      const drained = await rig.post("drain", { name: "A", draining: true });
      const both = await rig.post("drain", { name: "B", draining: true });
      const later = await rig.load(20);
      const open = await stream.answer;
      return { holds: drained.status === 204 && both.status === 409 && good(open) && later.every((answer) => good(answer) && answer.replica === "b1"), figures: summary([open, ...later]) };
    },
  },
  {
    name: "sticky",
    claim: "A client keeps its replica while that lives",
    haproxyLimit: null,
    settings: { sticky: { header: "x-client" } },
    async find(rig) {
      const round = async () => (await Promise.all(Array.from({ length: 20 }, (_, client) => rig.ask({ "x-client": `client-${client}` })))).map(({ replica }) => replica);
      const rounds = [await round(), await round(), await round()];
      return { holds: new Set(rounds.map(String)).size === 1 && new Set(rounds[0]).size === 2, figures: `${rounds[0]!.filter((replica) => replica === "a1").length} of 20 clients at A` };
    },
  },
  {
    name: "ramp",
    claim: "A returns with 10, 25, 50 and 100 % of its traffic, and no request fails",
    haproxyLimit: null,
    // Long steps: none may pass between two looks, however busy the machine is.
    settings: { ramp: { ...ramp, stepMsMin: 1_200, stepMsMax: 1_200 } },
    async find(rig) {
      rig.signal("a1", "SIGKILL");
      await rig.until((state) => shareOf(state, "a1") === 0);
      await rig.startReplica("a1");
      const shares = [0];
      const answers = rig.load(200);
      await rig.until((state) => {
        if (shareOf(state, "a1") !== shares.at(-1)) shares.push(shareOf(state, "a1"));
        return shares.at(-1) === 1;
      });
      return { holds: String(shares) === "0,0.1,0.25,0.5,1" && (await answers).every(good), figures: `shares ${shares.join(", ")}; ${summary(await answers)}` };
    },
  },
  {
    name: "ramp gate",
    claim: "A returns, and its providers begin to answer 429: the ramp goes a step back, and on when they are well",
    haproxyLimit: null,
    settings: { ramp: { steps: [0.5, 0.75, 1], stepMsMin: 1_000, stepMsMax: 1_000, lookUpsMin: 5 } },
    async find(rig) {
      rig.signal("a1", "SIGKILL");
      await rig.until((state) => shareOf(state, "a1") === 0);
      await rig.startReplica("a1");
      let isOver = false;
      const load = (async () => {
        while (!isOver) await rig.load(10);
      })();
      const reached = [await rig.until((state) => shareOf(state, "a1") === 0.75)];
      await rig.turn("a1", "429");
      reached.push(await rig.until((state) => shareOf(state, "a1") === 0.5));
      await rig.turn("a1", "well");
      reached.push(await rig.until((state) => shareOf(state, "a1") === 1));
      isOver = true;
      await load;
      return { holds: reached.every((was) => was), figures: `0.75 ${reached[0]}, back to 0.5 ${reached[1]}, 1 ${reached[2]}` };
    },
  },
  {
    name: "ejection",
    claim: "A answers 500 while its checks are good: it is ejected, and B gets everything",
    haproxyLimit: null,
    async find(rig) {
      await rig.turn("a1", "err");
      const [answers, isEjected] = await Promise.all([rig.load(100), rig.until((state) => shareOf(state, "a1") === 0)]);
      const later = await rig.load(20);
      return { holds: isEjected && later.every((answer) => good(answer) && answer.replica === "b1"), figures: `${summary(answers)}; afterwards ${summary(later)}` };
    },
  },
  {
    name: "undelivered",
    claim: "A answers 504 and says that it delivered nothing, while its checks are good: every request succeeds at B",
    haproxyLimit: "its `retry-on 504` knows neither that header nor a budget, and would ask up to four gateways in an outage that all of them see",
    async find(rig) {
      await rig.turn("a1", "undelivered");
      return allGood(await rig.load(15));
    },
  },
  {
    name: "stream in flight",
    claim: "A is stopped while it streams: the stream ends within 3 s, and not as a success",
    haproxyLimit: null,
    async find(rig) {
      const stream = await streamAtA(rig);
      rig.signal("a1", "SIGSTOP");
      const stoppedMs = performance.now();
      const open = await stream.answer;
      const endedMs = performance.now() - stoppedMs;
      return { holds: !open.isWhole && endedMs < 3_000, figures: `ended after ${Math.round(endedMs)} ms` };
    },
  },
  {
    name: "own stop",
    claim: "The edge is stopped, clients leave, and it goes on: no replica gets a request whose client has left",
    haproxyLimit: "it reads what waited in its sockets before it sees that clients have left, and cancels these requests at once; `option abortonclose` is set, and `timeout queue` is about other queues",
    async find(rig) {
      rig.signalEdge("SIGSTOP");
      await Promise.all(Array.from({ length: 10 }, () => rig.ask({ "x-left": "1", "x-part-ms": "2000" }, "{}", 500)));
      await sleep(1_500);
      rig.signalEdge("SIGCONT");
      await sleep(1_000);
      const later = await rig.load(10);
      const begun = await rig.leftRequests();
      return { holds: begun === 0 && later.every(good), figures: `${begun} of 10 begun; afterwards ${summary(later)}` };
    },
  },
  {
    name: "flap",
    claim: "A's checks flap each second: every request succeeds, and A is removed no more often than the limit allows",
    haproxyLimit: null,
    settings: { health: { intervalMs: 100, timeoutMs: 100 } },
    async find(rig) {
      let removals = 0;
      let wasIn = true;
      const flapping = (async () => {
        for (let turn = 0; turn < 5; turn++) {
          await rig.turn("a1", turn % 2 === 0 ? "fail" : "pass");
          for (let look = 0; look < 10; look++) {
            const isIn = shareOf(await rig.state(), "a1") > 0;
            if (wasIn && !isIn) removals++;
            wasIn = isIn;
            await sleep(100);
          }
        }
      })();
      const answers = await rig.load(200);
      await flapping;
      return { holds: answers.every(good) && removals <= 1, figures: `${removals} removals in 5 s; ${summary(answers)}` };
    },
  },
];
