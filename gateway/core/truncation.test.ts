import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { GatewayDialect } from "../../kernel/chat.ts";
import { backupModel, configOf, policyOf, primaryModel, type Received, Rig } from "./testing/rig.ts";
import { cutAfter, type Script, type Step, streamed } from "./testing/scripts.ts";

const words = Array.from({ length: 20 }, (_, index) => `word${index}`).join(" ");

const ends: readonly (readonly [name: string, steps: readonly Step[]])[] = [
  ["ends by HTTP", []],
  ["is reset", [{ fail: "reset" }]],
  ["is closed early", [{ fail: "closed_early" }]],
  ["stalls", ["hang"]],
  ["is no JSON", [{ text: "data: {broken\n\n" }]],
  ["is an error event", [{ text: 'data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n' }]],
];

async function receive(dialect: GatewayDialect, script: Script): Promise<{ received: Received; rig: Rig }> {
  const clock = new VirtualClock();
  const provider = () => script;
  const rig = new Rig(clock, { primary: provider, backup: provider }, configOf({ policy: policyOf({ failover: false, retry: { ...policyOf({}).retry, attemptsMax: 1 } }) }));
  const receiving = rig.send({ route: dialect === "openai" ? "alone" : "other" });
  await clock.run();
  expect(clock.idle).toBe(true);
  return { received: await receiving, rig };
}

/** A good answer is whole and terminated. Anything else ends in an error. Nothing in between. */
function expectHonest({ received, rig }: { received: Received; rig: Rig }): void {
  const { outcome } = rig.finished()[0]!;
  expect(rig.finished()).toHaveLength(1);
  if (outcome.kind === "success") {
    expect(received).toMatchObject({ status: 200, text: words, isTerminated: true, finishReason: "stop", errorCode: null, broken: null });
  } else {
    expect(outcome.kind).toBe("failure");
    expect(received).toMatchObject({ isTerminated: received.status !== 200, broken: null });
    expect(received.errorCode).not.toBeNull();
    expect(words.startsWith(received.text)).toBe(true);
  }
}

for (const dialect of ["openai", "anthropic"] as const) {
  const model = dialect === "openai" ? primaryModel : backupModel;
  const script = streamed(dialect, model, words);
  const eventCount = script.body.length / 2;

  test.each(ends)(`truncation: a ${dialect} stream that %s after any of its events never ends clean`, async (_, then) => {
    const outcomes: string[] = [];
    for (let events = 0; events <= eventCount; events++) {
      const result = await receive(dialect, cutAfter(script, events, ...then));
      expectHonest(result);
      outcomes.push(result.rig.finished()[0]!.outcome.kind);
    }
    const wordsEnd = (dialect === "openai" ? 1 : 2) + 20;
    expect(outcomes.slice(0, wordsEnd + 1)).toEqual(outcomes.slice(0, wordsEnd + 1).map(() => "failure"));
    expect(outcomes.at(-1)).toBe("success");
  });

  test(`truncation: a ${dialect} stream cut at any byte and chunked in any way is whole or says that it is not`, async () => {
    const text = script.body.flatMap((step) => (typeof step === "object" && "text" in step ? [step.text] : [])).join("");
    const how = fc.constantFrom(...ends.slice(0, 4));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: text.length }), fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }), how, async (cut, sizes, [, then]) => {
        const body: Step[] = [];
        for (let at = 0, turn = 0; at < cut; turn++) {
          const size = sizes[turn % sizes.length]!;
          body.push({ text: text.slice(at, Math.min(cut, at + size)) });
          at += size;
        }
        expectHonest(await receive(dialect, { ...script, body: [...body, ...then] }));
      }),
      { numRuns: 150 },
    );
  });
}
