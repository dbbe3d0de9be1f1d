import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { portOwner } from "./port-owner.ts";

/** Listens, and is given what could be a secret. */
const listening = "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port); });";

test.skipIf(!existsSync("/proc/net/tcp"))("portOwner: the process that listens, by name and pid, and null when nobody does", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(portOwner(port)).toMatch(new RegExp(`^\\S.* \\(pid ${process.pid}\\)$`));
  server.close();
  await once(server, "close");
  expect(portOwner(port)).toBeNull();
});

test.skipIf(!existsSync("/proc/net/tcp"))("portOwner: of an interpreter it names the script, and nothing else of the command line", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-owner-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = path.join(folder, "server.cjs");
  writeFileSync(script, listening);
  const child = spawn(process.execPath, ["--max-semi-space-size=4", script, "--key", "sk-secret"], { stdio: ["ignore", "pipe", "inherit"] });
  const [printed] = (await once(child.stdout, "data")) as [Buffer];
  expect(portOwner(Number(printed))).toBe(`node ${path.basename(folder)}/server.cjs (pid ${child.pid})`);
  child.kill();
  await once(child, "exit");
});
