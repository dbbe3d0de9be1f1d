import { expect, test } from "vitest";
import { networks, startEmbedded } from "../conformance/networks.ts";
import { findRedis, redisNote, startRedis } from "../support/redis.ts";
import { adminHeaders, chat, enable, redisStore, startStack } from "../support/stack.ts";

for (const { name, start } of networks) {
  test.skipIf(start === null)(`deploy: the files of docker-compose.yml make a gateway that answers and fails over, network by: ${name}`, async () => {
    const network = await start!();
    try {
      await using stack = await startStack(network.url);
      const answer = await chat(stack);
      expect([answer.status, answer.headers.get("x-blastlab-deployment")]).toEqual([200, "primary"]);
      const streamed = await chat(stack, { route: "drafting", stream: true });
      expect(streamed.headers.get("x-blastlab-deployment")).toBe("fallback");
      expect(await streamed.text()).toMatch(/data: \[DONE\]\n\n$/);
      await enable(stack, "primary", false);
      const failedOver = await chat(stack);
      expect([failedOver.status, failedOver.headers.get("x-blastlab-deployment")]).toEqual([200, "fallback"]);
      expect(failedOver.headers.get("x-blastlab-attempts")).toMatch(/^primary:\w+@\d+;fallback:ok@\d+$/);
    } finally {
      await network.close();
    }
  });
}

test.skipIf(findRedis() === null)(`deploy: with the store of docker-compose.yml limits are counted in Redis${redisNote}`, async () => {
  const network = await startEmbedded();
  try {
    await using redis = await startRedis();
    const store = JSON.parse(JSON.stringify(await redisStore()).replace("redis://127.0.0.1:6379", redis.url)) as object;
    await using stack = await startStack(network.url, store);
    expect((await chat(stack)).status).toBe(200);
    expect(await (await fetch(`${stack.gatewayUrl}/admin/state`, { headers: adminHeaders })).json()).toMatchObject({ store: { from: "shared" }, limits: [{ team: "support", from: "shared" }, { team: "support", from: "shared" }] });
  } finally {
    await network.close();
  }
});
