import { expect, test } from "vitest";
import { resolveGatewayConfig } from "../../gateway/config/resolve.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { VirtualComponent } from "./component.ts";
import { gatewayProgram, type GatewayProgram } from "./gateway.ts";
import { VirtualNetwork } from "./network.ts";
import { VirtualProcess } from "./process.ts";

const chunk = (delta: object, finish: string | null = null) => utf8Bytes(`data: ${JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`);

function rig() {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, seed: 1 });
  const words = async function* (count: number) {
    for (let index = 0; index < count; index++) {
      await clock.sleep(100);
      yield chunk({ content: `${index} ` });
    }
    yield chunk({}, "stop");
    yield utf8Bytes("data: [DONE]\n\n");
  };
  const provider = async ({ body }: { body: Uint8Array }) => ({ status: 200, headers: { "content-type": "text/event-stream" }, body: words(Number((JSON.parse(utf8Text(body)) as { max_tokens: number }).max_tokens)) });
  network.serve("http://provider", provider, new VirtualProcess(clock));
  const resolved = resolveGatewayConfig(
    {
      keys: [{ key: "vk-1", team: "t", feature: "f" }],
      deployments: [{ name: "d", dialect: "openai_compatible", model: "m", baseUrl: "http://provider", credential: "env:K" }],
      routes: [{ name: "r", deployments: ["d"] }],
      drainMs: 1_000,
    },
    {},
  );
  if (!("ok" in resolved)) throw new Error(JSON.stringify(resolved.problems));
  const load = (process: VirtualProcess, life: number) => gatewayProgram(process, { seed: 1, id: "gateway", life, config: resolved.ok, network, disk: new Map(), emit: () => {} });
  const component = new VirtualComponent<GatewayProgram>({ id: "gateway", origin: "http://gateway", clock, network, bootMs: 1, load });
  const transport = network.transport();
  const read = async (method: "GET" | "POST", path: string, body: object | null) => {
    const response = await transport.open({ method, url: `http://gateway${path}`, headers: { authorization: "Bearer vk-1" }, body: utf8Bytes(body === null ? "" : JSON.stringify(body)) }, neverSignal);
    let text = "";
    for await (const bytes of response.body) text += utf8Text(bytes);
    return { status: response.status, retryAfter: response.headers["retry-after"], text, atMs: Math.round(clock.nowMs()) };
  };
  const ask = (words: number) => read("POST", "/v1/chat/completions", { model: "r", stream: true, max_tokens: words, messages: [{ role: "user", content: "hi" }] });
  return { clock, component, ask, ready: () => read("GET", "/health/ready", null) };
}

test("gatewayProgram: told to end, it refuses new requests, lets streams finish for drainMs, and tells those that it cuts", async () => {
  const { clock, component, ask, ready } = rig();
  const [short, long] = [ask(8), ask(100)];
  const later = clock.sleep(300).then(async () => {
    const gone = component.stop().then(() => Math.round(clock.nowMs()));
    return { ready: await ready(), refused: await ask(1), gone: await gone };
  });
  await clock.run();
  const { ready: readiness, refused, gone } = await later;
  expect(readiness).toMatchObject({ status: 503, text: '{"ok":false}' });
  expect(refused).toMatchObject({ status: 503, retryAfter: "1", text: expect.stringContaining("gateway_shutting_down") as string });
  expect((await short).text).toContain("data: [DONE]");
  const cut = await long;
  expect(cut.text).toContain("gateway_shutting_down");
  expect(cut.text).not.toContain("[DONE]");
  expect([cut.atMs, gone]).toEqual([1_300, 1_300]);
});
