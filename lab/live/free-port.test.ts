import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { LabError } from "../../kernel/errors.ts";
import { freePort, isFree, onFreePort } from "./free-port.ts";

/** Draws these ports of a range that begins at 20000, one after the other. */
const drawing = (...ports: number[]) => [() => (ports.shift()! - 20_000 + 0.5) / 10_000, [20_000, 29_999]] as const;

test("freePort: a port that somebody listens at is passed over", async () => {
  const port = await freePort();
  const taken = createServer().listen(port, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const other = await freePort();
  expect(other).not.toBe(port);
  expect(await isFree(port)).toBe(false);
  await expect(freePort(() => (port - 20_000 + 0.5) / 10_000, [20_000, 29_999])).rejects.toMatchObject({ code: "no_free_port", message: "Cannot find a free port of 127.0.0.1: 100 from 20000 to 29999 are in use" });
});

test("freePort: no port is given twice in a process, though nobody listens at it yet", async () => {
  const port = await freePort();
  expect(await isFree(port)).toBe(true);
  expect(await freePort(...drawing(port, port, port === 29_999 ? 20_000 : port + 1))).not.toBe(port);
});

test.skipIf(process.platform !== "linux")("freePort: another process of the lab passes over a port that is reserved, until its owner ends", async () => {
  const script = `import { freePort } from ${JSON.stringify(path.join(import.meta.dirname, "free-port.ts"))}; console.log(await freePort()); process.stdin.resume().on("end", () => process.exit());`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(owner, "exit");
  const [line] = (await once(createInterface(owner.stdout), "line")) as [string];
  const port = Number(line);
  expect(await isFree(port)).toBe(true);
  await expect(freePort(() => (port - 20_000 + 0.5) / 10_000, [20_000, 29_999])).rejects.toMatchObject({ code: "no_free_port" });
  owner.stdin.end();
  await exited;
  expect(await freePort(...drawing(port))).toBe(port);
});

test("onFreePort: a start that finds its port taken is tried again with another, five times in all", async () => {
  const inUse = new LabError({ exit: "failed", code: "port_in_use", message: "m", hint: "h" });
  const seen: number[] = [];
  expect(await onFreePort((port) => (seen.push(port) < 3 ? Promise.reject(inUse) : Promise.resolve("up")))).toBe("up");
  expect(new Set(seen).size).toBe(3);
  await expect(onFreePort((port) => (seen.push(port), Promise.reject(inUse)))).rejects.toBe(inUse);
  expect(seen).toHaveLength(8);
});
