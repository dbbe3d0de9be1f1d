import { expect, test } from "vitest";
import { entriesOf } from "../kernel/topology.ts";
import { topologyOf } from "./topology.ts";

const deployments = [{ name: "primary" }, { name: "fallback", region: "us" }];
const stack = { regions: ["local"], replicas: 1, store: "memory", collector: false, edge: null, control: null, vault: null } as const;
const cells = (...regions: string[]) => regions.map((region) => ({ region }));

test("topologyOf: the least stack has one component of each role, and ids without numbers", () => {
  const { components, links } = topologyOf(stack, { cells: cells("eu", "eu"), deployments });
  expect(components.map(({ id, role, region }) => [id, role, region])).toEqual([
    ["client", "client", "eu"],
    ["gateway", "gateway", "local"],
    ["provider-primary", "provider", "any"],
    ["provider-fallback", "provider", "us"],
  ]);
  expect(links.map(({ id }) => id)).toEqual(["client~gateway", "gateway~provider-primary", "gateway~provider-fallback"]);
});

test("topologyOf: several regions and replicas are told apart, and each has links of its own", () => {
  const { components, links } = topologyOf({ regions: ["east", "west"], replicas: 2, store: "redis", collector: true, edge: null, control: null, vault: null }, { cells: cells("eu", "us", "asia"), deployments: [{ name: "primary" }] });
  expect(components.filter(({ role }) => role === "gateway").map(({ id }) => id)).toEqual(["gateway-east-1", "gateway-east-2", "gateway-west-1", "gateway-west-2"]);
  expect(links.filter(({ from }) => from === "gateway-west-2").map(({ to }) => to)).toEqual(["store-west", "collector-west", "provider-primary"]);
});

test("topologyOf: client region i goes to stack region i, counted round", () => {
  const topology = topologyOf({ ...stack, regions: ["east", "west"], replicas: 2 }, { cells: cells("eu", "us", "asia"), deployments });
  const entries = [...entriesOf(topology)].map(([region, components]) => [region, ...components.map(({ id }) => id)]);
  expect(entries).toEqual([
    ["eu", "gateway-east-1", "gateway-east-2"],
    ["us", "gateway-west-1", "gateway-west-2"],
    ["asia", "gateway-east-1", "gateway-east-2"],
  ]);
});

test("topologyOf: edges are spread over the regions; every client may call each of them, and each calls all gateways", () => {
  const edge = { engine: "embedded", count: 2, settings: {} } as const;
  const { components, links } = topologyOf({ ...stack, regions: ["east", "west"], replicas: 2, edge }, { cells: cells("eu"), deployments });
  expect(components.filter(({ role }) => role === "edge").map(({ id, region }) => [id, region])).toEqual([["edge-east", "east"], ["edge-west", "west"]]);
  const to = (id: string) => links.filter(({ from }) => from === id).map((link) => link.to);
  expect(to("client")).toEqual(["edge-east", "edge-west"]);
  expect(to("edge-west")).toEqual(["gateway-east-1", "gateway-east-2", "gateway-west-1", "gateway-west-2"]);
  expect(topologyOf({ ...stack, edge }, { cells: cells("eu"), deployments }).components.map(({ id }) => id)).toContain("edge-2");
});
