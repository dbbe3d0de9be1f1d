import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { builtFiles, dashboards } from "../dashboards/all.ts";
import { keysReference } from "../lab/client-keys.ts";
import { originOf, standingFiles, standingPorts, standingRun } from "../lab/containers/standing.ts";
import { scrapeTargetsFile } from "../lab/live/scrape-targets.ts";
import { virtualKeys } from "../lab/plan/gateway-config.ts";
import { prometheusNote, prometheusTools, promtoolCheck } from "./support/prometheus.ts";

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly args: Readonly<Record<string, string>> };
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly network_mode?: string;
  readonly restart?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin_open?: boolean;
  readonly profiles?: readonly string[];
  readonly mem_limit?: string;
  readonly logging?: { readonly options: object };
  readonly user?: string;
  readonly cap_drop?: readonly string[];
  readonly read_only?: boolean;
}

const root = path.resolve(import.meta.dirname, "..");
const text = (file: string) => readFileSync(path.join(root, file), "utf8");
const compose = parse(text("docker-compose.yml"), { merge: true, maxAliasCount: -1 }) as { readonly services: Readonly<Record<string, Service>> };
const services = Object.entries(compose.services);
const service = (name: string) => compose.services[name]!;
/** Programs of the user's own. */
const own = ["grafana", "k6"];
const oneShots = ["prepare", "operate-a", "operate-b", "game-day", "game-day-store", ...own];

const { plan } = standingRun();
const files = standingFiles(standingRun(), "/standing/run");
const components = plan.components.filter(({ role }) => role !== "client");
const prometheus = parse(text("deploy/prometheus.yml")) as { global: { scrape_interval: string }; rule_files: string[]; scrape_configs: { file_sd_configs?: { files: string[] }[] }[] };

/** `${VARIABLE:-image}` is the image unless somebody names another. */
const images = (lines: readonly string[]) => lines.map((line) => /^\$\{\w+:-(.+)\}$/.exec(line)?.[1] ?? line);

test("docker-compose.yml: every image has a version, none is latest, and each may be replaced", () => {
  const foreign = services.flatMap(([, { image, build }]) => (build === undefined ? [image] : Object.values(build.args)));
  expect(foreign.filter((image) => !image.startsWith("${BLASTLAB_"))).toEqual([]);
  expect(images(foreign).filter((image) => image.includes(":latest") || !/:v?\d+\.\d+\.\d+(-[\w.-]+)?(@sha256:[0-9a-f]{64})?$/.test(image))).toEqual([]);
});

test("docker-compose.yml: the Node of the image is the Node of the clone, and the Dockerfile's own defaults are the same", () => {
  const { NODE_IMAGE, TOXIPROXY_IMAGE } = service("prepare").build!.args;
  expect(images([NODE_IMAGE!])).toEqual([`node:${text(".nvmrc").trim()}-bookworm-slim`]);
  expect([...text("deploy/Dockerfile").matchAll(/^ARG \w+=(\S+)/gm)].map(([, image]) => image)).toEqual(images([NODE_IMAGE!, TOXIPROXY_IMAGE!]));
});

test("docker-compose.yml: what a person opens is published on 127.0.0.1 only, and each part has a network address of its own", () => {
  const ports = services.flatMap(([, { ports: published = [] }]) => published);
  expect(ports.length).toBe(5);
  expect(ports.filter((port) => !/^127\.0\.0\.1:\$\{BLASTLAB_\w+_PORT:-\d+\}:\d+$/.test(port))).toEqual([]);
  expect(services.filter(([, { network_mode }]) => network_mode !== undefined).map(([name, { network_mode, profiles }]) => [name, network_mode, profiles])).toEqual([["game-day", "host", ["game-day"]], ["game-day-store", "host", ["game-day"]]]);
});

test("docker-compose.yml: every service has limits and bounded logs, and ours are not root and write nowhere else", () => {
  for (const [name, one] of services) {
    expect(one, name).toMatchObject({ mem_limit: expect.any(String), logging: { options: { "max-size": "10m", "max-file": "3" } } });
    if (own.includes(name)) continue;
    expect(one, name).toMatchObject({ cap_drop: ["ALL"], read_only: true, user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/) });
  }
});

test("docker-compose.yml: what goes on is started again, has a check that names it as its clients do, and keeps its stdin", () => {
  for (const [name, { restart, healthcheck, stdin_open, command = [] }] of services.filter(([each]) => !oneShots.includes(each))) {
    expect(restart, name).toBe("unless-stopped");
    if (command[0] === "node") expect(stdin_open, name).toBe(true);
    const words = healthcheck!.test.join(" ");
    expect(words, name).toContain(["load", "observer"].includes(name) ? "/standing/run/taps/" : name);
    expect(words, name).not.toMatch(/127\.0\.0\.1|localhost/);
  }
});

test("docker-compose.yml: services lean on services that exist, and wait for health only where it is checked", () => {
  for (const [name, { depends_on = {} }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      expect(compose.services, `${name} needs ${other}`).toHaveProperty(other);
      if (condition === "service_healthy") expect(service(other).healthcheck, `${name} waits for ${other}`).toBeDefined();
      if (condition === "service_completed_successfully") expect(service(other).restart, `${name} waits for the end of ${other}`).toBeUndefined();
    }
  }
});

test("docker-compose.yml: every component of the standing run is a service with its file, and none besides", () => {
  const named = services.map(([name]) => name).filter((name) => !oneShots.includes(name) && !["toxiproxy", "load", "observer", "prometheus"].includes(name));
  expect(named.toSorted()).toEqual(components.map(({ id }) => id).toSorted());
  for (const [name, { command = [] }] of services) {
    const [file] = command.flatMap((word) => /\/standing\/run\/config\/(\S+)\.json$/.exec(word)?.[1] ?? []);
    if (file !== undefined) expect([file, files.has(file)], name).toEqual([name, true]);
  }
  for (const component of components.filter(({ role }) => role !== "store")) expect(service(component.id).healthcheck!.test.join(" "), component.id).toContain(`${originOf(component)}/`);
});

test("docker-compose.yml: every variable that a file refers to is in the environment of its service, and a region shares no key with another", () => {
  for (const [id, content] of files) {
    const wanted = [...JSON.stringify(content).matchAll(/"env:(\w+)"/g)].map(([, name]) => name!);
    expect(wanted.filter((name) => !Object.hasOwn(service(compose.services[id] === undefined ? `provider-${id}` : id).environment ?? {}, name)), id).toEqual([]);
  }
  const keysOf = (region: string) => services.filter(([name]) => name.endsWith(`-${region}`) || name.includes(`-${region}-`)).flatMap(([, { environment = {} }]) => Object.entries(environment).flatMap(([name, value]) => (/^BLASTLAB_.*_KEY$/.test(name) ? [value] : [])));
  expect(keysOf("a").length).toBeGreaterThan(10);
  expect(keysOf("a").filter((key) => keysOf("b").includes(key))).toEqual([]);
  expect(JSON.parse(service("load").environment![keysReference.slice("env:".length)]!)).toEqual(virtualKeys(plan));
});

test("docker-compose.yml: the proxies that its check goes through lead to both providers", () => {
  const proxies = files.get("toxiproxy") as readonly { listen: string; upstream: string }[];
  const asked = service("toxiproxy").healthcheck!.test.flatMap((word) => /^http:\/\/toxiproxy:(\d+)\//.exec(word)?.[1] ?? []);
  expect(asked.map((port) => proxies.find(({ listen }) => listen.endsWith(`:${port}`))!.upstream)).toEqual([`provider-primary:${standingPorts.provider}`, `provider-fallback:${standingPorts.provider}`]);
});

test("docker-compose.yml: every file that it mounts exists, read-only; what the Node services run is in the image", () => {
  for (const [name, { volumes = [] }] of services) {
    for (const volume of volumes.filter((each) => !each.startsWith("standing:"))) {
      expect(volume, name).toMatch(/^\.\/[^:]+:\/[^:]+:ro$/);
      expect(existsSync(path.join(root, volume.split(":")[0]!)), `${name}: ${volume}`).toBe(true);
    }
  }
  const copied = [...text("deploy/Dockerfile").matchAll(/^COPY (?!--from)(?:--chown=\S+ )?(.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(" "));
  expect(copied.filter((source) => !existsSync(path.join(root, source)))).toEqual([]);
  const admitted = text("deploy/Dockerfile.dockerignore").split("\n").filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  expect(admitted.toSorted()).toEqual(copied.toSorted());
  for (const entry of services.flatMap(([, { command = [] }]) => command.filter((word) => word.endsWith(".ts")))) expect(existsSync(path.join(root, entry)) && copied.includes(entry.split("/")[0]!), entry).toBe(true);
});

/** `./deploy/a.yml:/config/a.yml:ro` by its place in the container. */
const mounts = ({ volumes = [] }: Service) => new Map(volumes.map((volume) => volume.split(":")).map(([source, target]) => [target!, source!]));

test("deploy: Prometheus gets the rules, and finds the runs by the file that each writes", () => {
  const mounted = mounts(service("prometheus"));
  const found = [...mounted.keys()].filter((target) => prometheus.rule_files.some((pattern) => path.matchesGlob(target, pattern)));
  expect(found.map((target) => text(mounted.get(target)!))).toEqual([builtFiles()["rules.yml"]]);
  const lists = prometheus.scrape_configs.flatMap(({ file_sd_configs = [] }) => file_sd_configs.flatMap((config) => config.files));
  for (const directory of ["/runs/x", "/runs/run"]) expect(lists.some((pattern) => path.matchesGlob(scrapeTargetsFile(directory), pattern)), directory).toBe(true);
  expect(mounted.get("/runs"), "the standing system's list").toBe("standing");
});

test("deploy: Grafana gets its data source, as fast as Prometheus scrapes, and every dashboard", () => {
  const mounted = mounts(service("grafana"));
  const provisioned = (kind: string, file: string) => parse(text(path.join(mounted.get(`/etc/grafana/provisioning/${kind}`)!, file))) as unknown;
  expect(provisioned("datasources", "prometheus.yml")).toMatchObject({
    datasources: [{ type: "prometheus", url: "http://prometheus:9090", jsonData: { timeInterval: prometheus.global.scrape_interval } }],
  });
  const { providers } = provisioned("dashboards", "blastlab.yml") as { providers: { options: { path: string } }[] };
  const folder = mounted.get(providers[0]!.options.path)!;
  for (const [name, build] of Object.entries(dashboards)) expect(JSON.parse(text(path.join(folder, `${name}.json`))), name).toMatchObject({ uid: build().uid, title: build().title });
});

test.skipIf(prometheusTools === null)(`deploy: promtool takes prometheus.yml${prometheusNote}`, async () => {
  expect(await promtoolCheck(prometheusTools!, "config", path.join(root, "deploy/prometheus.yml"))).toContain("is valid prometheus config file syntax");
});
