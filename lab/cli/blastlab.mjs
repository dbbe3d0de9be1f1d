#!/usr/bin/env node
// Plain JavaScript that runs on any Node from 18 on: it finds the Node that the lab needs and hands over to it.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
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

/** Packages that the lab needs and that no folder of this file's ancestors holds: nobody has run npm ci. */
function missingPackages() {
  const { dependencies } = JSON.parse(readFileSync(path.join(here, "..", "..", "package.json"), "utf8"));
  return Object.keys(dependencies).filter((name) => !folders().some((folder) => existsSync(path.join(folder, "node_modules", name))));
}

/** From here up to the root. */
function folders(folder = here) {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...folders(parent)];
}

function refuse(error, hint) {
  process.stderr.write(`error: ${error}\nhint: ${hint}\n`);
  process.exitCode = 4;
}

/** Runs the lab under another Node with the same arguments and terminal, passes signals on, ends as it ends. */
function handOver(node) {
  // The fourth pipe closes when this process dies, by whatever: the other Node must not outlive it.
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: { ...process.env, BLASTLAB_LIFELINE_FD: "3", BLASTLAB_PARENT_REPORTS: "1" },
  });
  child.stdio[3].on("error", () => {});
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    refuse(`Cannot start ${node}: ${error.message}`, "Run npm ci again");
    process.exit();
  });
  child.on("exit", (code, signal) => {
    if (code === null && signal !== "SIGINT") {
      const killed = signal === "SIGKILL" ? ": perhaps the machine ran out of memory" : "";
      process.stderr.write(`error: The lab was ended by ${signal}${killed}\nhint: What it started is gone within 5 s; run again, or see what the run needs with \`blastlab doctor\`\n`);
    }
    process.exit(code ?? (signal === "SIGINT" ? 130 : 3));
  });
}

const missing = missingPackages();
if (missing.length > 0) {
  const named = missing.length > 3 ? `${missing.slice(0, 3).join(", ")} and ${missing.length - 3} more` : missing.join(", ");
  refuse(`Blastlab's packages are not installed: ${named} of ${path.join(here, "..", "..")}`, "Run npm ci in that folder");
} else if (Number.parseInt(process.versions.node, 10) >= majorNeeded) {
  const { main: run } = await import("./main.ts");
  await run();
} else {
  const node = ownNode();
  if (node !== undefined) handOver(node);
  else refuse(`Blastlab needs Node ${majorNeeded} or newer; this is ${process.version}`, `Run npm ci in the clone, which brings one for Linux, or install Node ${majorNeeded}`);
}
