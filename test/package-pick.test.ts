import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../kernel/clock-virtual.ts";
import { hashUnit } from "../kernel/hash.ts";
import { packageHeader } from "../kernel/package-header.ts";
import { neverSignal } from "../kernel/signal.ts";
import { bodyOf, type Handler } from "../kernel/transport.ts";
import { utf8Bytes } from "../kernel/utf8.ts";
import { VirtualComponent } from "../lab/virtual/component.ts";
import { gatewayProgram } from "../lab/virtual/gateway.ts";
import { VirtualNetwork } from "../lab/virtual/network.ts";
import { resolvedGateway } from "../lab/plan/gateway-config.ts";
import { dataPlane, gatewayConfig, packageOf, startControl } from "./support/data-planes.ts";

const keys = ["vk-1", "vk-2"];
const config = { ...gatewayConfig("http://127.0.0.1:9"), keys: keys.map((key) => ({ key, team: key, feature: "f" })) };
const offers = (version: number, share: number) => ({ current: packageOf(1, config), candidate: { package: packageOf(version, config), share } });

/**
 * Requests of clients in three wire formats, to a route that there is not: which package refuses them is what is asked.
 */
const asked = fc.record({
  key: fc.constantFrom(...keys),
  user: fc.option(fc.string({ maxLength: 20 })),
  format: fc.constantFrom("chat", "messages", "responses"),
});
type Asked = typeof asked extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function requestOf({ key, user, format }: Asked) {
  const messages = [{ role: "user", content: "Hi" }];
  const bodies = {
    chat: ["/v1/chat/completions", { model: "none", messages, ...(user !== null && { user }) }],
    messages: ["/v1/messages", { model: "none", messages, max_tokens: 5, ...(user !== null && { metadata: { user_id: user } }) }],
    responses: ["/v1/responses", { model: "none", input: "Hi", ...(user !== null && { user }) }],
  } as const;
  const [path, body] = bodies[format];
  const auth: Record<string, string> = format === "messages" ? { "x-api-key": key } : { authorization: `Bearer ${key}` };
  return { path, body: JSON.stringify(body), headers: { ...auth, "content-type": "application/json" } };
}

type Pick = (each: Asked) => Promise<string | null>;

async function livePick(state: ReturnType<typeof offers>): Promise<Pick> {
  const control = await startControl();
  Object.assign(control.state, state);
  const { url, packages } = await dataPlane(control, config).start();
  await expect.poll(async () => (await packages()).candidate?.hash).toBe(state.candidate.package.hash);
  return async (each) => {
    const { path, ...sent } = requestOf(each);
    const answer = await fetch(url + path, { method: "POST", ...sent });
    await answer.text();
    return answer.headers.get(packageHeader);
  };
}

async function virtualPick(state: ReturnType<typeof offers>): Promise<Pick> {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, seed: 1 });
  const handler: Handler = ({ method }) => {
    const answer = method === "GET" ? { revision: "1", ...state } : {};
    return Promise.resolve({ status: 200, headers: { "content-type": "application/json" }, body: bodyOf(utf8Bytes(JSON.stringify(answer))) });
  };
  new VirtualComponent({ id: "control", origin: "http://control", clock, network, bootMs: 0, load: () => ({ handler }) });
  const resolved = resolvedGateway({ ...config, control: { url: "http://control", key: "env:K", plane: "p1", folder: "/p" } });
  const gateway = new VirtualComponent({
    id: "gateway", origin: "http://gateway", clock, network, bootMs: 0,
    load: (process, life) => gatewayProgram(process, { seed: 1, id: "gateway", life, config: resolved, network, disk: new Map(), emit: () => {} }),
  });
  await clock.run(5_000);
  return async (each) => {
    const { path, body, headers } = requestOf(each);
    const answer = gateway.program!.handler({ method: "POST", path, headers, body: utf8Bytes(body) }, neverSignal);
    await clock.run(clock.nowMs() + 100);
    return (await answer).headers[packageHeader] ?? null;
  };
}

test.each([[2, 0.1], [3, 0.5]])("pickPackage: a process and the virtual gateway pick the same package for the same client, version %i at %d, by hash(client, version)", async (version, share) => {
  const state = offers(version, share);
  const [live, virtual] = await Promise.all([livePick(state), virtualPick(state)]);
  const nameOf = (each: { version: number; hash: string }) => `${each.version}@${each.hash}`;
  const expected = ({ key, user }: Asked) => nameOf(hashUnit("package", JSON.stringify([key, user]), version) < share ? state.candidate.package : state.current);
  const seen = new Set<string>();
  const agrees = async (each: Asked) => {
    const [byProcess, byVirtual] = [await live(each), await virtual(each)];
    expect([byProcess, byVirtual]).toEqual([expected(each), expected(each)]);
    seen.add(expected(each));
  };
  await fc.assert(fc.asyncProperty(asked, agrees), { numRuns: 150 });
  expect(seen.size).toBe(2);
});
