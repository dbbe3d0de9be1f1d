/**
 * Portkey's gateway beside ours, in two honest rows: `installed`, what npm gives a user today, and `intended`, the
 * versions of its own lockfile with the one change to async-retry that its patches folder makes (the folder is not in
 * its npm tarball). Installed on demand into the cache.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

export type PortkeyRow = "installed" | "intended";

const version = "1.15.2";
const overrides = { hono: "4.9.7", "@hono/node-server": "1.13.5", "@hono/node-ws": "1.2.0", "async-retry": "1.3.3" };

/** The folder that holds it. Throws what npm says when it cannot be had. */
export function installPortkey(row: PortkeyRow): string {
  const cache = path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "blastlab", "bench");
  const folder = path.join(cache, `portkey-${version}-${row}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.tmp-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const manifest = { private: true, dependencies: { "@portkey-ai/gateway": version }, ...(row === "intended" ? { overrides } : {}) };
    writeFileSync(path.join(unfinished, "package.json"), JSON.stringify(manifest));
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: unfinished, stdio: ["ignore", "ignore", "inherit"] });
    if (row === "intended") passOperation(path.join(unfinished, "node_modules", "async-retry", "lib", "index.js"));
    renameSync(unfinished, folder);
    return folder;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** The user's function also gets the retry operation, as its third argument: all that Portkey's own patch does. */
function passOperation(file: string): void {
  const text = readFileSync(file, "utf8");
  const patched = text.replace("fn(bail, num)", "fn(bail, num, op)");
  if (patched === text) throw new Error(`Cannot patch ${file}: it does not call fn(bail, num)`);
  writeFileSync(file, patched);
}
