import path from "node:path";
import { expect, test } from "vitest";
import { resolveRun } from "../plan/resolve-run.ts";
import { engineUser, productRoot } from "./engine.ts";
import { inContainers } from "./in-containers.ts";

const { plan } = resolveRun({ scenario: "smoke", stack: "compose", sets: [] });
const place = inContainers({ ...plan, run: "run-1" }, { path: "/runs/run-1" });
const gateway = { id: "gateway-a-1", command: process.execPath, args: ["--max-semi-space-size=4", path.join(productRoot, "gateway/main.ts"), "--config", "/runs/run-1/config/gateway-a-1.json"], env: { BLASTLAB_KEY: "secret" }, log: "/runs/run-1/logs/gateway-a-1.log" };

test("inContainers: a gateway runs by docker compose, from the image's own files, with the run directory at its own path", () => {
  const { command, args, log, proxy } = place.placed(gateway);
  expect({ command, log }).toEqual({ command: "docker", log: gateway.log });
  const words = args.join(" ");
  expect(words).toContain(`--name run-1-gateway-a-1 --user ${engineUser()} --volume /runs/run-1:/runs/run-1 --env BLASTLAB_KEY game-day node`);
  expect(args.slice(proxy!.argsBeforeAt)).toEqual(["--max-semi-space-size=4", "/app/gateway/main.ts", "--config", "/runs/run-1/config/gateway-a-1.json"]);
  expect(proxy!.signals).toMatchObject({ SIGSTOP: ["docker", "pause", "run-1-gateway-a-1"], SIGCONT: ["docker", "unpause", "run-1-gateway-a-1"], SIGKILL: ["docker", "kill", "run-1-gateway-a-1"] });
});

test("inContainers: a secret is in the client's environment, never in its arguments", () => {
  const { args, env } = place.placed(gateway);
  expect(args.filter((word) => word.includes("secret"))).toEqual([]);
  expect(env).toEqual({ BLASTLAB_KEY: "secret" });
});

test("inContainers: nobody is root there", () => {
  expect(engineUser()).toMatch(/^[1-9]\d*:\d+$/);
});

test("inContainers: every component, each provider and the network proxy are in containers; observer and load stay on the machine", () => {
  const isPlaced = (id: string, command = process.execPath) => place.placed({ ...gateway, id, command }).command === "docker";
  const components = plan.components.filter(({ role }) => role !== "client" && role !== "provider").map(({ id }) => id);
  expect(components.length).toBe(2 + 4 + 2 + 2 + 2 + 2);
  expect([...components, "simulator-primary", "simulator-fallback", "network"].filter((id) => !isPlaced(id))).toEqual([]);
  expect(["observer", "load", "relay", "verdict", "bypass-support"].filter((id) => isPlaced(id))).toEqual([]);
});

test("inContainers: a store runs by the image of Redis, a proxy by the real toxiproxy-server", () => {
  const end = (id: string, command: string) => place.placed({ ...gateway, id, command, args: ["--port", "1"], env: {} }).args.slice(-4);
  expect(end("store-a", "/usr/bin/redis-server")).toEqual(["game-day-store", "redis-server", "--port", "1"]);
  expect(end("network", "/tools/toxiproxy-server-2.12.0/toxiproxy-server")).toEqual(["game-day", "toxiproxy-server", "--port", "1"]);
});
