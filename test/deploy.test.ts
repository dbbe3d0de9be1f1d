import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { builtFiles, dashboards } from "../dashboards/all.ts";
import { parseConfig } from "../gateway/http/config-file.ts";
import { scrapeTargetsFile } from "../lab/live/scrape-targets.ts";
import { readProviderConfig } from "../simulators/http/config-file.ts";
import { redisStore } from "./support/stack.ts";
import { prometheusNote, prometheusTools, promtoolCheck } from "./support/prometheus.ts";

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly network_mode?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin_open?: boolean;
  readonly profiles?: readonly string[];
}

const root = path.resolve(import.meta.dirname, "..");
const text = (file: string) => readFileSync(path.join(root, file), "utf8");
const compose = parse(text("docker-compose.yml"), { merge: true }) as { readonly services: Readonly<Record<string, Service>> };
const services = Object.entries(compose.services);
const service = (name: string) => compose.services[name]!;

/** `./deploy/a.json:/config/a.json:ro` by its place in the container. */
const mounts = ({ volumes = [] }: Service) => new Map(volumes.map((volume) => volume.split(":")).map(([source, target]) => [target!, source!]));
const imagesOfDockerfile = (file: string) => [...text(file).matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!);

const gateway = parseConfig(text("deploy/gateway.json"), "deploy/gateway.json");
const proxies = JSON.parse(text("deploy/toxiproxy.json")) as { name: string; listen: string; upstream: string; enabled: boolean }[];
const simulators = ["primary", "fallback"].map((name) => readProviderConfig(path.join(root, `deploy/simulator-${name}.json`)));
const prometheus = parse(text("deploy/prometheus.yml")) as {
  global: { scrape_interval: string };
  rule_files: string[];
  scrape_configs: { static_configs?: { targets: string[] }[]; file_sd_configs?: { files: string[] }[] }[];
};

test("docker-compose.yml: every image has a version, none is latest", () => {
  const foreign = services.flatMap(([, { image, build }]) => (build === undefined ? [image] : imagesOfDockerfile(path.join(build.context, build.dockerfile))));
  expect(foreign.length).toBe(services.length);
  expect(foreign.filter((image) => image.includes(":latest") || !/:v?\d+\.\d+\.\d+(-[\w.-]+)?(@sha256:[0-9a-f]{64})?$/.test(image))).toEqual([]);
});

test("docker-compose.yml: the Node of the image is the Node of the clone", () => {
  expect(imagesOfDockerfile("deploy/Dockerfile")).toEqual([`node:${text(".nvmrc").trim()}-bookworm-slim`]);
});

test("docker-compose.yml: every port is published on 127.0.0.1 only", () => {
  const ports = services.flatMap(([, { ports = [] }]) => ports);
  expect(ports.length).toBeGreaterThan(0);
  expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  expect(services.filter(([, { network_mode, ports }]) => network_mode === "host" || (network_mode !== undefined && ports !== undefined))).toEqual([]);
});

test("docker-compose.yml: every file that it mounts exists, read-only; what the commands name is mounted", () => {
  for (const [name, one] of services) {
    for (const volume of one.volumes ?? []) expect(volume, name).toMatch(/^\.\/[^:]+:\/[^:]+:ro$/);
    for (const source of mounts(one).values()) expect(existsSync(path.join(root, source)), `${name}: ${source}`).toBe(true);
    const named = (one.command ?? []).flatMap((word) => /\/config\/\S+$/.exec(word) ?? []);
    expect(named.filter((file) => !mounts(one).has(file)), name).toEqual([]);
  }
});

test("docker-compose.yml: services lean on services that exist, and wait for health only where it is checked", () => {
  for (const [name, { depends_on = {}, network_mode = "" }] of services) {
    const shared = /^service:(.+)$/.exec(network_mode)?.[1];
    for (const other of [...Object.keys(depends_on), ...(shared === undefined ? [] : [shared])]) expect(compose.services, `${name} needs ${other}`).toHaveProperty(other);
    for (const [other, { condition }] of Object.entries(depends_on)) {
      if (condition === "service_healthy") expect(service(other).healthcheck, `${name} waits for ${other}`).toBeDefined();
    }
  }
});

test("docker-compose.yml: what the Node services run is in the image, and simulators keep their stdin", () => {
  const copied = [...text("deploy/Dockerfile").matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(" "));
  expect(copied.filter((source) => !existsSync(path.join(root, source)))).toEqual([]);
  const admitted = text("deploy/Dockerfile.dockerignore").split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  expect(admitted.toSorted()).toEqual(copied.toSorted());
  const entries = services.flatMap(([, { command = [] }]) => command.filter((word) => word.endsWith(".ts")));
  expect(entries).toEqual(["simulators/main.ts", "simulators/main.ts", "gateway/main.ts"]);
  for (const entry of entries) expect(existsSync(path.join(root, entry)) && copied.includes(entry.split("/")[0]!), entry).toBe(true);
  expect(services.filter(([, { command }]) => command?.includes("simulators/main.ts") === true).map(([, { stdin_open }]) => stdin_open)).toEqual([true, true]);
});

test("deploy: gateway, proxies and simulators find each other", () => {
  for (const { deployment, listen } of simulators) {
    const proxy = proxies.find(({ upstream }) => upstream === `${listen.host}:${listen.port}`)!;
    expect(proxy).toMatchObject({ name: deployment.name, enabled: true });
    const configured = gateway.gateway.deployments.find(({ name }) => name === deployment.name);
    expect(configured).toMatchObject({ baseUrl: `http://${proxy.listen}/v1`, dialect: deployment.dialect, model: deployment.model, credential: expect.stringMatching(/^env:/) });
    expect(service("gateway").environment).toHaveProperty(configured!.credential.slice("env:".length));
    expect(service(`simulator-${deployment.name}`).healthcheck!.test.join(" ")).toContain(`'http://${listen.host}:${listen.port}/control/health'`);
  }
  expect(proxies.length).toBe(simulators.length);
});

test("deploy: the gateway is healthy, published and scraped where it listens", () => {
  const { port } = gateway.listen;
  expect(service("gateway").healthcheck!.test.join(" ")).toContain(`'http://127.0.0.1:${port}/health/ready'`);
  expect(service("gateway").network_mode).toBe("service:lab");
  expect(service("lab").ports).toContain(`127.0.0.1:${port}:${port}`);
  expect(prometheus.scrape_configs.flatMap(({ static_configs = [] }) => static_configs.flatMap(({ targets }) => targets))).toEqual([`lab:${port}`]);
});

test("deploy: Redis is off by default, and where the gateway's config finds it once it is on", async () => {
  const { store } = parseConfig(JSON.stringify({ ...(JSON.parse(text("deploy/gateway.json")) as object), ...(await redisStore()) }), "deploy/gateway.json");
  expect(store).toMatchObject({ kind: "redis", url: "redis://127.0.0.1:6379" });
  expect(gateway.store).toEqual({ kind: "memory" });
  const redis = service("redis");
  expect(redis).toMatchObject({ profiles: ["redis"], network_mode: service("gateway").network_mode, healthcheck: { test: expect.arrayContaining(["redis-cli"]) } });
  expect(redis.command!.join(" ")).toContain("--bind 127.0.0.1");
  expect(services.filter(([, { depends_on = {} }]) => "redis" in depends_on), "nobody waits for what is off").toEqual([]);
});

test("deploy: a deployment that can go on from a prefix says so", () => {
  expect(gateway.gateway.deployments.map(({ dialect, continuesPrefix }) => [dialect, continuesPrefix ?? false])).toEqual([["openai", false], ["anthropic", true]]);
});

test("deploy: Prometheus gets the rules, and finds the runs by the file that each writes", () => {
  const mounted = mounts(service("prometheus"));
  const found = [...mounted.keys()].filter((target) => prometheus.rule_files.some((pattern) => path.matchesGlob(target, pattern)));
  expect(found.map((target) => text(mounted.get(target)!))).toEqual([builtFiles()["rules.yml"]]);
  const files = prometheus.scrape_configs.flatMap(({ file_sd_configs = [] }) => file_sd_configs.flatMap((config) => config.files));
  expect(files.some((pattern) => path.matchesGlob(scrapeTargetsFile("/runs/x"), pattern)), files.join()).toBe(true);
});

test("deploy: Grafana gets its data source, as fast as Prometheus scrapes, and every dashboard", () => {
  const mounted = mounts(service("grafana"));
  const provisioned = (kind: string, file: string) => parse(text(path.join(mounted.get(`/etc/grafana/provisioning/${kind}`)!, file))) as unknown;
  expect(provisioned("datasources", "prometheus.yml")).toMatchObject({
    datasources: [{ type: "prometheus", url: "http://prometheus:9090", jsonData: { timeInterval: prometheus.global.scrape_interval } }],
  });
  const { providers } = provisioned("dashboards", "blastlab.yml") as { providers: { options: { path: string } }[] };
  for (const [name, build] of Object.entries(dashboards)) {
    const file = mounted.get(`${providers[0]!.options.path}/${name}.json`)!;
    expect(JSON.parse(text(file)), name).toMatchObject({ uid: build().uid, title: build().title });
  }
});

test.skipIf(prometheusTools === null)(`deploy: promtool takes prometheus.yml${prometheusNote}`, async () => {
  expect(await promtoolCheck(prometheusTools!, "config", path.join(root, "deploy/prometheus.yml"))).toContain("is valid prometheus config file syntax");
});
