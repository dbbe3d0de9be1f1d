import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toolsEnvironment, type ToolsEnvironment } from "./environment.ts";
import { findTool } from "./find.ts";
import { startReleaseServer, type ReleaseServer } from "./fixtures/release-server.ts";
import { installTool, type InstallOptions } from "./install.ts";
import { toolPins, type ToolPin } from "./pins.ts";

const platform = "test-platform";
let root = "";
let server: ReleaseServer;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "blastlab-tools-"));
  server = await startReleaseServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

const directory = (...parts: string[]) => {
  const path = join(root, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
};

/** An executable that prints what k6 of that version does. */
function program(folder: string, version: string, name = "k6"): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho "k6 v${version} (go1.26, test)"\n`);
  chmodSync(file, 0o755);
  return file;
}

function environment(changes: Partial<ToolsEnvironment> = {}): ToolsEnvironment {
  return {
    explicit: { k6: null, toxiproxy: null },
    path: [],
    cacheDirectory: join(root, "cache"),
    mirror: `${server.url}/files`,
    offline: false,
    platform,
    ...changes,
  };
}

/** Publishes an archive with a k6 of that version; the pin that fits it. */
function publish(version = "2.3.0"): ToolPin {
  const member = `k6-v${version}/k6`;
  const folder = directory("release", `k6-v${version}`);
  program(folder, version);
  const archive = join(root, "archive.tar.gz");
  execFileSync("tar", ["-czf", archive, "-C", join(root, "release"), member]);
  const bytes = readFileSync(archive);
  server.files.set("k6.tar.gz", bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { ...toolPins.k6, releases: { version, baseUrl: `${server.url}/redirected`, bytesMax: 2 ** 28, assets: { [platform]: { file: "k6.tar.gz", sha256, member } } } };
}

const noGo: Pick<InstallOptions, "canBuild"> = { canBuild: () => Promise.resolve(false) };
const leftovers = () => readdirSync(join(root, "cache")).filter((name) => name.includes(".tmp-"));

test("findTool: the named executable comes before the PATH", async () => {
  const named = program(directory("named"), "2.2.0", "my-k6");
  program(directory("bin"), "2.3.0");
  const found = await findTool("k6", environment({ explicit: { k6: named, toxiproxy: null }, path: [join(root, "bin")] }));
  expect(found).toEqual({ bin: named, version: "2.2.0", via: "BLASTLAB_K6_BIN" });
});

test.each([
  ["is not there", () => join(root, "nowhere")],
  ["is another version", () => program(directory("named"), "1.4.0")],
])("findTool: a named executable that %s is refused, though the PATH has a good one", async (_case, make) => {
  program(directory("bin"), "2.3.0");
  const wanted = findTool("k6", environment({ explicit: { k6: make(), toxiproxy: null }, path: [join(root, "bin")] }));
  await expect(wanted).rejects.toMatchObject({ exit: "refused", code: "tool_unusable" });
});

test("findTool: the first directory of the PATH with a wanted version", async () => {
  program(directory("old"), "1.4.0");
  const good = program(directory("new"), "2.3.0");
  const found = await findTool("k6", environment({ path: [join(root, "none"), join(root, "old"), join(root, "new")] }));
  expect(found).toEqual({ bin: good, version: "2.3.0", via: "PATH" });
});

test("findTool: without a usable executable, it lists what was tried", async () => {
  const old = program(directory("old"), "1.4.0");
  const missing = await findTool("k6", environment({ path: [join(root, "old")] }));
  expect(missing).toEqual({
    missing: "k6",
    tried: [`${old}: found version 1.4.0, want 2.3.0 or 2.2.0`, `cache ${join(root, "cache")}: no k6`],
  });
});

test("installTool: a release through a redirect, checked, unpacked, found in the cache from then on", async () => {
  const pin = publish();
  const installed = await installTool("k6", { environment: environment({ mirror: null }), pin, ...noGo });
  expect(installed).toMatchObject({ version: "2.3.0", via: "release" });
  expect(server.asked).toEqual(["/redirected/k6.tar.gz", "/files/k6.tar.gz"]);
  expect(await findTool("k6", environment())).toEqual({ bin: installed.bin, version: "2.3.0", via: "cache" });
  expect(await installTool("k6", { environment: environment(), pin, ...noGo })).toMatchObject({ via: "cache" });
  expect(server.asked).toHaveLength(2);
  expect(leftovers()).toEqual([]);
});

test("installTool: a file with another sum is not installed", async () => {
  const pin = publish();
  server.files.set("k6.tar.gz", Buffer.from("something else"));
  await expect(installTool("k6", { environment: environment(), pin, ...noGo })).rejects.toMatchObject({
    exit: "failed",
    code: "tool_unavailable",
    message: expect.stringContaining("is not the file that is pinned") as unknown,
  });
  expect(readdirSync(join(root, "cache"))).toEqual([]);
});

test("installTool: a download without end is stopped at the limit, and leaves nothing", async () => {
  const pin = publish();
  const wanted = installTool("k6", { environment: environment({ mirror: `${server.url}/endless` }), pin: { ...pin, releases: { ...pin.releases, bytesMax: 100_000 } } });
  await expect(wanted).rejects.toMatchObject({ code: "tool_unavailable", message: expect.stringContaining("larger than 100000 bytes") as unknown });
  expect(readdirSync(join(root, "cache"))).toEqual([]);
});

test.each([
  ["not published", "files", false, "HTTP 404"],
  ["cut off", "cut", true, "cannot be fetched"],
])("installTool: a release that is %s leaves nothing and says so", async (_case, place, published, reason) => {
  const pin = publish();
  if (!published) server.files.clear();
  const wanted = installTool("k6", { environment: environment({ mirror: `${server.url}/${place}` }), pin, ...noGo });
  await expect(wanted).rejects.toMatchObject({ code: "tool_unavailable", message: expect.stringContaining(reason) as unknown });
  expect(readdirSync(join(root, "cache"))).toEqual([]);
});

test("installTool: offline, nothing is requested", async () => {
  const pin = publish();
  await expect(installTool("k6", { environment: environment({ offline: true }), pin })).rejects.toMatchObject({
    code: "tool_unavailable",
    hint: expect.stringContaining("the embedded load generator") as unknown,
  });
  expect(server.asked).toEqual([]);
});

test("installTool: several at once all end with the one sound copy", async () => {
  const pin = publish();
  const installs = Array.from({ length: 4 }, () => installTool("k6", { environment: environment(), pin, ...noGo }));
  const bins = (await Promise.all(installs)).map(({ bin }) => bin);
  expect(new Set(bins).size).toBe(1);
  expect(leftovers()).toEqual([]);
});

test("installTool: a damaged copy in the cache is replaced", async () => {
  const pin = publish();
  const { bin } = await installTool("k6", { environment: environment(), pin, ...noGo });
  writeFileSync(bin, "#!/bin/sh\nexit 1\n");
  await installTool("k6", { environment: environment(), pin, ...noGo });
  expect(readFileSync(bin, "utf8")).toContain("2.3.0");
});

test("installTool: k6 is never built, whatever Go could do", async () => {
  const pin = publish();
  server.files.clear();
  const build = () => Promise.reject(new Error("it was built"));
  const wanted = installTool("k6", { environment: environment(), pin, build, canBuild: () => Promise.resolve(true) });
  await expect(wanted).rejects.toMatchObject({ code: "tool_unavailable", message: expect.stringMatching(/HTTP 404.*the lab does not build it from source/) as unknown });
});

test("installTool: without a release, Go builds the first version that it can get", async () => {
  const pin: ToolPin = { ...publish(), goModule: { path: "tool.invalid", main: "tool.invalid" } };
  server.files.clear();
  const asked: string[] = [];
  const build = (_pin: ToolPin, version: string, folder: string) => {
    asked.push(version);
    return version === "2.3.0" ? Promise.reject(new Error("not served")) : Promise.resolve(program(folder, version));
  };
  const installed = await installTool("k6", { environment: environment(), pin, build, canBuild: () => Promise.resolve(true) });
  expect(asked).toEqual(["2.3.0", "2.2.0"]);
  expect(installed).toMatchObject({ version: "2.2.0", via: "Go build" });
});

test("findTool: a Toxiproxy that prints git has the version of the cache's record, while its sha256 is that of the record", async () => {
  const git = (folder: string) => {
    const file = program(folder, "git", "toxiproxy-server");
    writeFileSync(file, "#!/bin/sh\necho toxiproxy-server version git\n");
    return Promise.resolve(file);
  };
  const pin: ToolPin = { ...toolPins.toxiproxy, releases: { ...toolPins.toxiproxy.releases, assets: {} } };
  const { bin } = await installTool("toxiproxy", { environment: environment(), pin, build: (_pin, _version, folder) => git(folder), canBuild: () => Promise.resolve(true) });
  expect(await findTool("toxiproxy", environment())).toEqual({ bin, version: "2.12.0", via: "cache" });
  writeFileSync(bin, "#!/bin/sh\n# changed\necho toxiproxy-server version git\n");
  expect(await findTool("toxiproxy", environment())).toMatchObject({ missing: "toxiproxy" });
  expect(await findTool("toxiproxy", environment({ explicit: { k6: null, toxiproxy: bin } }))).toMatchObject({ version: "2.12.0", via: "BLASTLAB_TOXIPROXY_BIN" });
});

test("toolsEnvironment: the cache by its own variable, by XDG, by home; a mirror without its last slash", () => {
  expect(toolsEnvironment({ BLASTLAB_TOOLS_DIR: "/t", XDG_CACHE_HOME: "/x", HOME: "/h" }).cacheDirectory).toBe("/t");
  expect(toolsEnvironment({ XDG_CACHE_HOME: "/x", HOME: "/h" }).cacheDirectory).toBe("/x/blastlab/tools");
  expect(toolsEnvironment({ HOME: "/h" }).cacheDirectory).toBe("/h/.cache/blastlab/tools");
  expect(toolsEnvironment({ BLASTLAB_MIRROR: "http://m/d/" }).mirror).toBe("http://m/d");
  expect(toolsEnvironment({ BLASTLAB_OFFLINE: "1", PATH: "/a:/b" })).toMatchObject({ offline: true, path: ["/a", "/b"], mirror: null, explicit: { k6: null } });
});

test("toolPins: every sum is a sha256, every asset a file name of the pinned version's release", () => {
  for (const { releases, versions } of Object.values(toolPins)) {
    expect(releases.version).toBe(versions[0]);
    expect(releases.baseUrl).toContain(`/v${releases.version}`);
    const sums = Object.values(releases.assets).map(({ sha256 }) => sha256);
    expect(sums.every((sum) => /^[0-9a-f]{64}$/.test(sum))).toBe(true);
    expect(new Set(sums).size).toBe(sums.length);
  }
  expect(existsSync(new URL("../../docs/decisions/0001-k6-version.md", import.meta.url))).toBe(true);
});
