import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { defaultCache, defaultSemantic } from "../cache/settings.ts";
import { defaultInjection, defaultPii } from "../guards/settings.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { broken, cutAfter, refusal, type Script, silent, streamed, whole } from "../testing/scripts.ts";

const prompts = ["what is AI", "explain artificial intelligence", "refund for order 123", "refund for order 456", "mail ada@example.org", "mail bob@example.org"] as const;

/** Which questions may share an answer: the first two mean the same. */
const meaningOf = (prompt: string) => (prompt === prompts[1] ? prompts[0] : prompt);

const faults = ["none", "none", "none", "cut", "clean end", "reset", "refused", "silent", "length"] as const;
type Fault = (typeof faults)[number];

function spoiled(script: Script, fault: Fault): Script {
  switch (fault) {
    case "none":
      return script;
    case "cut":
      return cutAfter(script, 3, { fail: "reset" });
    case "clean end":
      return cutAfter(script, 3);
    case "reset":
      return broken("reset");
    case "refused":
      return refusal(503, "overloaded");
    case "silent":
      return silent;
    case "length":
      return { ...script, body: script.body.map((step) => (typeof step === "object" && "text" in step ? { text: step.text.replace('"stop"', '"length"').replace('"end_turn"', '"max_tokens"') } : step)) };
  }
}

const request = fc.record({
  prompt: fc.constantFrom(...prompts),
  key: fc.constantFrom("vk-a", "vk-b"),
  stream: fc.boolean(),
  gapMs: fc.nat({ max: 400 }),
  leaveMs: fc.option(fc.nat({ max: 400 }), { nil: undefined, freq: 6 }),
});

/** An answer names its team and question, and ends with a word of its own. */
const answerTo = (team: string, question: string) => `for ${team} : ${question} . the end`;

test("cache: in any order, with any failures and cancellations, no request gets another's, a cut or a filtered answer, and nothing leaks", async () => {
  const property = fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 25 }), fc.array(fc.constantFrom(...faults), { minLength: 1, maxLength: 12 }), fc.boolean(), async (requests, fates, isGuarded) => {
    const clock = new VirtualClock();
    const teams = new Map<string, string>();
    const provider =
      (dialect: "openai" | "anthropic", model: string): Provider =>
      (ordinal, { headers, body }) => {
        const answer = answerTo(teams.get(headers["x-client-request-id"]!)!, body.messages.at(-1)!.content);
        return spoiled(body.stream ? streamed(dialect, model, answer) : whole(dialect, model, answer), fates[ordinal % fates.length]!);
      };
    const config = configOf({
      cache: { ...defaultCache, ttlMs: 1_500, staleIfErrorMs: 5_000, coalesceWaitMs: 2_000, semantic: defaultSemantic },
      ...(isGuarded && { guards: { pii: { ...defaultPii, answers: "scrub" as const }, injection: defaultInjection, images: "refuse" as const } }),
      policy: { ...policyOf({ breaker: null }), rescue: null },
    });
    const rig = new Rig(clock, { primary: provider("openai", primaryModel), backup: provider("anthropic", backupModel) }, config);
    let atMs = 0;
    const receiving = requests.map(({ gapMs, leaveMs, ...sent }, index) => {
      const requestId = `request ${index}`;
      teams.set(requestId, sent.key);
      atMs += gapMs;
      return clock.sleep(atMs).then(() => rig.send({ ...sent, requestId, ...(leaveMs !== undefined && { leaveMs }) }));
    });
    await clock.run();
    for (const [index, received] of (await Promise.all(receiving)).entries()) {
      const { prompt, key } = requests[index]!;
      if (received.status !== 200 || !received.isTerminated || received.broken !== null) continue;
      const asked = received.text.replace(/^for \S+ : /, "").replace(/ \. the end$/, "");
      if (received.finishReason === "stop") {
        expect(received.text).toBe(answerTo(key, asked));
        expect(meaningOf(asked)).toBe(meaningOf(prompt));
      } else {
        expect(received.finishReason).toBe("length");
        expect(received.headers["x-blastlab-cache"] ?? "miss").toBe("miss");
      }
      expect(received.listenersLeft).toBe(0);
    }
    expect(rig.gateway.state().inFlight).toBe(0);
    expect(clock.idle).toBe(true);
    const reports = rig.finished();
    expect(reports).toHaveLength(requests.length);
    for (const { cache, attempts } of reports) if (cache?.status === "hit") expect(attempts).toEqual([]);
  });
  await fc.assert(property, { numRuns: 300 });
});
