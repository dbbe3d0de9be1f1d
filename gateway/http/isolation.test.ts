import { expect, onTestFinished, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { configOf, primaryModel, Rig } from "../core/testing/rig.ts";
import { streamed } from "../core/testing/scripts.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { buildServer } from "./server.ts";

function server() {
  const rig = new Rig(new VirtualClock(), { primary: () => streamed("openai", primaryModel, "Fine") }, configOf());
  const app = buildServer({ gateway: rig.gateway, isolation: rig.gateway, client: openaiClient, mayAdminister: async () => "open", metricsHandler: (_, response) => void response.end(), ready: () => true, onBug: () => {} });
  onTestFinished(() => app.close());
  const send = async (method: "PUT" | "DELETE", deployment: string, options: { host?: string; origin?: string; forwardedFor?: string; remoteAddress?: string } = {}) => {
    const { host = "127.0.0.1:8080", origin, forwardedFor, remoteAddress = "127.0.0.1" } = options;
    const { statusCode } = await app.inject({ method, url: `/admin/isolated/${deployment}`, remoteAddress, headers: { host, ...(origin !== undefined && { origin }), ...(forwardedFor !== undefined && { "x-forwarded-for": forwardedFor }) } });
    return statusCode;
  };
  const isolated = () => rig.gateway.state().isolated;
  return { send, isolated, rig };
}

test("addIsolation: a deployment is taken out and given back, with an event each; what is unknown or not isolated is 404", async () => {
  const { send, isolated, rig } = server();
  expect([await send("PUT", "primary"), isolated()]).toEqual([204, ["primary"]]);
  expect(await send("PUT", "primary")).toBe(204);
  expect(await send("PUT", "unheard-of")).toBe(404);
  expect([await send("DELETE", "primary"), isolated()]).toEqual([204, []]);
  expect(await send("DELETE", "primary")).toBe(404);
  expect(rig.events).toMatchObject([{ type: "isolation_changed", deployment: "primary", isIsolated: true }, { type: "isolation_changed", isIsolated: false }]);
});

test.each([[{ remoteAddress: "10.0.0.7" }], [{ host: "gateway.example" }], [{ origin: "http://evil.example" }], [{ forwardedFor: "10.0.0.7" }]])("addIsolation: %o is refused", async (options) => {
  const { send, isolated } = server();
  expect(await send("PUT", "primary", options)).toBe(403);
  expect(isolated()).toEqual([]);
});
