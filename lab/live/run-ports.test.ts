import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { resolveRun } from "../plan/resolve-run.ts";
import { checkPorts, fixedPorts, onPortOf, portsText } from "./run-ports.ts";

const portsOf = (first: number, stack: string, sets: readonly string[] = []) => {
  const run = resolveRun({ scenario: "smoke", stack, sets });
  return fixedPorts(first, run.plan, run.stack);
};

test("fixedPorts: every part of two regions has a port by its role, each another", () => {
  const ports = portsOf(20_000, "hardened");
  expect(Object.fromEntries(ports)).toEqual({
    observer: 20_000,
    network: 20_001,
    relay: 20_002,
    "edge-a": 20_010,
    "edge-b": 20_011,
    "edge-a-admin": 20_014,
    "edge-b-admin": 20_015,
    "control-a": 20_020,
    "control-b": 20_021,
    "vault-a": 20_030,
    "vault-b": 20_031,
    "gateway-a-1": 20_060,
    "gateway-a-2": 20_061,
    "gateway-b-1": 20_062,
    "gateway-b-2": 20_063,
    "provider-primary": 20_100,
    "provider-fallback": 20_101,
  });
});

test("fixedPorts: the largest stack has no port twice", () => {
  const ports = portsOf(20_000, "hardened", ["stack.regions=[a,b,c,d]", "stack.replicas=8", "stack.edge.count=4", "stack.store=redis", "stack.collector=true"]);
  expect(ports.size).toBe(3 + 4 + 4 + 4 + 4 + 4 + 4 + 32 + 2);
  expect(new Set(ports.values()).size).toBe(ports.size);
});

test("fixedPorts: a gateway whose stack names its port, and a provider with a url, are left where they are", () => {
  const ports = portsOf(20_000, "one-process", ["stack.gateway.listen={host: 127.0.0.1, port: 8080}", "deployments.0.url=http://127.0.0.1:9"]);
  expect([...ports.keys()]).toEqual(["observer", "network", "relay", "provider-fallback"]);
});

test("fixedPorts: ports beyond the last one are refused, with the largest number that fits", () => {
  expect(() => portsOf(65_500, "one-process")).toThrow(expect.objectContaining({ exit: "refused", code: "bad_option", hint: "Give --ports a number from 1024 to 65434" }) as Error);
  expect(portsOf(65_434, "one-process").get("provider-fallback")).toBe(65_535);
});

test("checkPorts: a port that is taken is refused by the part that wants it and the process that holds it", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await expect(checkPorts(new Map([["gateway-a-1", port]]))).rejects.toMatchObject({ exit: "refused", code: "port_in_use", message: expect.stringContaining(`Cannot start gateway-a-1: port ${port} is in use`) });
  taken.close();
  await once(taken, "close");
  await expect(checkPorts(new Map([["gateway-a-1", port]]))).resolves.toBeUndefined();
});

test("onPortOf: a part starts on its own port, any other on one that is free", async () => {
  const ports = new Map([["edge-a-1", 20_010]]);
  expect(portsText(ports)).toBe("edge-a-1 20010");
  expect(await onPortOf(ports, "edge-a-1", (port) => Promise.resolve(port))).toBe(20_010);
  expect(await onPortOf(ports, "vault-a-1", (port) => Promise.resolve(port))).not.toBe(20_010);
});
