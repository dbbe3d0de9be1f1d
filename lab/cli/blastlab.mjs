#!/usr/bin/env node
// Plain JavaScript that runs on any Node from 18 on: it finds the Node that the lab needs and hands over to it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const majorNeeded = 24;
const here = path.dirname(fileURLToPath(import.meta.url));
const main = path.join(here, "main.ts");

/** The Node that came with the package, as an optional dependency for this platform. */
function ownNode() {
  const candidates = [path.join(here, "..", "..", "node_modules", ".bin", "node")];
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`);
    candidates.unshift(path.join(path.dirname(manifest), "bin", "node"));
  } catch {
    // Not installed for this platform.
  }
  return candidates.find((file) => existsSync(file));
}

/** Runs the lab under another Node with the same arguments and terminal, passes signals on, ends as it ends. */
function handOver(node) {
  // The fourth pipe closes when this process dies, by whatever: the other Node must not outlive it.
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: { ...process.env, BLASTLAB_LIFELINE_FD: "3" },
  });
  child.stdio[3].on("error", () => {});
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`error: Cannot start ${node}: ${error.message}\nhint: Run npm ci again\n`);
    process.exit(3);
  });
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 3)));
}

if (Number.parseInt(process.versions.node, 10) >= majorNeeded) {
  const { main: run } = await import("./main.ts");
  await run();
} else {
  const node = ownNode();
  if (node !== undefined) handOver(node);
  else {
    process.stderr.write(
      `error: Blastlab needs Node ${majorNeeded} or newer; this is ${process.version}\nhint: Run npm ci in the clone, which brings one for Linux, or install Node ${majorNeeded}\n`,
    );
    process.exitCode = 4;
  }
}
