import { expect, test } from "vitest";
import { resolveEdgeConfig } from "../../gateway/edge/config.ts";
import { resolvedGateway } from "../plan/gateway-config.ts";
import { standingFiles, standingMetrics, standingRun } from "./standing.ts";

const run = standingRun();
const files = standingFiles(run, "/standing/run");
interface Listening {
  readonly listen: { readonly port: number };
}

const file = (id: string) => files.get(id) as Record<string, unknown>;

test("standingRun: an hour of load without a fault, on two regions", () => {
  const { plan } = run;
  expect(plan.faults).toEqual([]);
  expect(plan.timeline.endMs).toBeGreaterThan(3_600_000);
  expect(plan.arrivalCount / (plan.timeline.endMs / 1_000)).toBeGreaterThan(1.8);
  expect(plan.components.filter(({ role }) => role !== "client").map(({ id }) => id).toSorted()).toEqual(
    ["collector-a", "collector-b", "control-a", "control-b", "edge-a", "edge-b", "gateway-a-1", "gateway-a-2", "gateway-b-1", "gateway-b-2", "provider-fallback", "provider-primary", "store-a", "store-b", "vault-a", "vault-b"],
  );
});

test("standingFiles: gateways and edges take their files, and reach what is of their own region by the names of services", () => {
  for (const id of ["gateway-a-1", "gateway-a-2", "gateway-b-1", "gateway-b-2"]) {
    const region = id.split("-")[1]!;
    expect(resolvedGateway(file(id)).listen, id).toMatchObject({ host: "0.0.0.0", port: 8080 });
    expect(file(id), id).toMatchObject({
      region,
      store: { kind: "redis", url: `redis://store-${region}:6379` },
      control: { url: `http://control-${region}:8090` },
      vault: { url: `http://vault-${region}:8100` },
    });
  }
  for (const id of ["edge-a", "edge-b"]) {
    const resolved = resolveEdgeConfig(file(id));
    expect("ok" in resolved && resolved.ok.regions.flatMap(({ replicas }) => replicas.map(({ url }) => url)), id).toEqual(["http://gateway-a-1:8080", "http://gateway-a-2:8080", "http://gateway-b-1:8080", "http://gateway-b-2:8080"]);
  }
});

test("standingFiles: every caller of a provider has a proxy of its own, at a port of its own, and goes through it", () => {
  const proxies = files.get("toxiproxy") as readonly { name: string; listen: string; upstream: string }[];
  const callers = ["gateway-a-1", "gateway-a-2", "gateway-b-1", "gateway-b-2", "control-a", "control-b"];
  expect(proxies.map(({ name }) => name).toSorted()).toEqual(callers.flatMap((caller) => [`${caller}~provider-fallback`, `${caller}~provider-primary`]).toSorted());
  expect(new Set(proxies.map(({ listen }) => listen)).size).toBe(proxies.length);
  for (const { name, listen, upstream } of proxies) {
    const [caller, provider] = name.split("~") as [string, string];
    expect(upstream).toBe(`${provider}:9000`);
    const { egress } = (caller.startsWith("control") ? file(caller)["plane"] : file(caller)) as { egress: Record<string, string> };
    expect(egress[`http://${provider}.localhost`], name).toBe(`http://toxiproxy:${listen.split(":")[1]}`);
  }
});

test("standingFiles: no key is in a file", () => {
  expect(JSON.stringify([...files])).not.toMatch(/sk-simulated|(?<!sha256:)[0-9a-f]{64}/);
  expect([file("load")["keys"], file("observer")["keys"]]).toEqual(["env:BLASTLAB_CLIENT_KEYS", "env:BLASTLAB_CLIENT_KEYS"]);
});

test("standingMetrics: gateways, edges, control planes, vaults and the observer, where they listen", () => {
  const urls = standingMetrics(run);
  expect(urls.size).toBe(4 + 2 + 2 + 2 + 1);
  for (const [id, url] of urls) {
    const content = file(id);
    const { port } = (id.startsWith("edge") ? (content["admin"] as Listening) : (content as unknown as Listening)).listen;
    expect(url, id).toBe(`http://${id}:${port}/metrics`);
  }
});
