/**
 * Base images from this machine's own files, for where no registry of images is in reach:
 * `node test/support/stand-ins.ts` makes them and prints the variables that docker-compose.yml takes them by.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { executableAt } from "../../lab/tools/executable.ts";
import { findTool } from "../../lab/tools/find.ts";

const root = path.resolve(import.meta.dirname, "../..");
const version = readFileSync(path.join(root, ".nvmrc"), "utf8").trim();

const onPath = (name: string) => executableAt(name, { cwd: root, searchPath: process.env["PATH"] ?? "" });

/** By the variable of docker-compose.yml. Those whose program this machine lacks are left out. */
export async function makeStandIns(): Promise<Readonly<Record<string, string>>> {
  const toxiproxy = await findTool("toxiproxy");
  const made = [
    make("BLASTLAB_NODE_IMAGE", `blastlab-stand-in-node:${version}`, fillNode),
    "bin" in toxiproxy ? make("BLASTLAB_TOXIPROXY_IMAGE", "blastlab-stand-in-toxiproxy:2.12.0", (folder) => program(folder, toxiproxy.bin, "toxiproxy")) : [],
    ...withPrograms("BLASTLAB_REDIS_IMAGE", "blastlab-stand-in-redis:1.0.0", { "redis-server": "usr/local/bin", "redis-cli": "usr/local/bin" }),
    ...withPrograms("BLASTLAB_PROMETHEUS_IMAGE", "blastlab-stand-in-prometheus:1.0.0", { prometheus: "bin", promtool: "bin" }),
  ];
  return Object.fromEntries(made.filter((entry) => entry.length > 0)) as Record<string, string>;
}

function withPrograms(variable: string, image: string, programs: Readonly<Record<string, string>>): (readonly string[])[] {
  const found = Object.entries(programs).map(([name, at]) => ({ name, at, file: onPath(name) }));
  if (found.some(({ file }) => file === null)) return [];
  return [make(variable, image, (folder) => found.forEach(({ name, at, file }) => program(folder, file!, path.join(at, name))), ["--change", `ENTRYPOINT ["/${found[0]!.at}/${found[0]!.name}"]`])];
}

function make(variable: string, image: string, fill: (folder: string) => void, changes: readonly string[] = []): readonly [string, string] {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-stand-in-"));
  try {
    mkdirSync(path.join(folder, "tmp"));
    chmodSync(path.join(folder, "tmp"), 0o1777);
    mkdirSync(path.join(folder, "etc"));
    writeFileSync(path.join(folder, "etc/passwd"), "root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n");
    writeFileSync(path.join(folder, "etc/group"), "root:x:0:\nnode:x:1000:\n");
    fill(folder);
    const tar = path.join(folder, "..", `${path.basename(folder)}.tar`);
    execFileSync("tar", ["--create", "--file", tar, "--owner=0", "--group=0", "--directory", folder, "."]);
    execFileSync("docker", ["import", "--change", "ENV PATH=/usr/local/bin:/usr/bin:/bin", ...changes, tar, image]);
    rmSync(tar);
    return [variable, image];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node with a shell, and the packages as `npm ci` of the Dockerfile installs them. */
function fillNode(folder: string): void {
  const own = path.join(path.dirname(createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`)), "bin/node");
  program(folder, existsSync(own) ? own : process.execPath, "usr/local/bin/node");
  program(folder, realpathSync("/bin/sh"), "bin/sh");
  const app = path.join(folder, "app");
  mkdirSync(app);
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) cpSync(path.join(root, file), path.join(app, file));
  execFileSync("npm", ["ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--prefer-offline"], { cwd: app, stdio: "ignore" });
}

/** A program with the libraries that it is linked against. */
function program(folder: string, file: string, at: string): void {
  put(folder, file, at);
  const libraries = execFileSync("ldd", [file], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g);
  for (const [, library] of libraries) put(folder, library!, library!.slice(1));
}

function put(folder: string, file: string, at: string): void {
  const target = path.join(folder, at);
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(realpathSync(file), target, { mode: 0 });
}

if (process.argv[1] === import.meta.filename) {
  for (const [variable, image] of Object.entries(await makeStandIns())) process.stdout.write(`export ${variable}=${image}\n`);
}
