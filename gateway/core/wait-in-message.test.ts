import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { configOf, policyOf, primaryModel, Rig } from "./testing/rig.ts";
import type { Script } from "./testing/scripts.ts";
import { waitInMessage } from "./wait-in-message.ts";

test.each<[string, number | null]>([
  ["Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000, Used 22999. Please try again in 11.054s. Visit https://example.com/limits", 11_054],
  ["Please try again in 28ms.", 28],
  ["Please try again in 1m6.2s", 66_200],
  ["Please try again in 1h2m3s, or upgrade", 3_723_000],
  ["You exceeded your current quota. Please retry in 53.1s.", 53_100],
  ["Please retry after 26 seconds. To increase your limit, see the page", 26_000],
  ["Too many requests, please retry after 25s, resets at noon", 25_000],
  ["Try again in 2 minutes", 120_000],
  ["Please try again in 90h", 86_400_000],
  ["Please try again in 800h", null],
  ["Please try again in 3 days", 86_400_000],
  ["You have hit your usage limit. Try again in ~162 min.", 9_720_000],
  ["Try again in about 2 hours, or upgrade", 7_200_000],
  ["Please retry after 30 secs", 30_000],
  ["Please try again in 5 minds", null],
  ["Please try again in 26", null],
  ["Please try again later", null],
  ["Try again in s", null],
  ["", null],
])("waitInMessage: %j is %j ms", (message, waitMs) => {
  expect(waitInMessage(message)).toBe(waitMs);
});

test("waitInMessage: a rate limit that a stream reports benches its deployment for as long as its message says, and other errors for none", async () => {
  const benchedMs = async (code: string) => {
    const clock = new VirtualClock();
    const error = { error: { message: "Please try again in 40s", type: code, code } };
    const script: Script = { before: [], status: 200, headers: { "content-type": "text/event-stream" }, body: [{ text: `data: ${JSON.stringify(error)}\n\n` }] };
    const rig = new Rig(clock, { primary: () => script }, configOf({ policy: policyOf({ retry: { ...policyOf({}).retry, attemptsMax: 1 } }) }));
    const asked = rig.send({ route: "alone" });
    await clock.run();
    await asked;
    expect(rig.config.deployments[0]!.model).toBe(primaryModel);
    return (rig.gateway.state().benched ?? []).map(({ untilMs }) => untilMs - clock.nowMs());
  };
  const [waitMs] = await benchedMs("rate_limit_exceeded");
  expect(waitMs).toBeGreaterThan(39_000);
  expect(await benchedMs("invalid_request_error")).toEqual([]);
});
