/**
 * The warden: a small process in its own session that owns the children and the fault leases of a run (design, section 3.13). When its stdin
 * closes, or the conductor's beats stop, it lifts the faults, kills the children and ends.
 */
import { messageOf } from "../../kernel/errors.ts";
import { Children } from "./children.ts";
import { Leases } from "./leases.ts";
import { lineSplitter } from "./lines.ts";
import { beatLimitMs, encodeLine, lastRitesMs, type WardenCommand, type WardenEvent } from "./protocol.ts";

const watchEveryMs = 200;

const tell = (event: WardenEvent) => void process.stdout.write(encodeLine(event));
const children = new Children(tell);
const leases = new Leases(tell);
let phase: "serving" | "stopping" | "dying" = "serving";
let heardAtMs = performance.now();

/** The conductor is dead: nothing may survive it. */
async function lastRites(): Promise<void> {
  if (phase === "dying") return;
  phase = "dying";
  setTimeout(() => process.exit(1), lastRitesMs);
  children.killAll();
  await leases.liftAll();
  process.exit(0);
}

/** The conductor is done: faults first, then the children with grace. */
async function shutdown(graceMs: number): Promise<void> {
  if (phase !== "serving") return;
  phase = "stopping";
  await leases.liftAll();
  children.stopAll(graceMs);
  await children.drained();
  process.exit(0);
}

function obey(command: WardenCommand): void {
  switch (command.op) {
    case "spawn":
      if (phase === "serving") return children.spawn(command);
      return tell({ event: "error", id: command.id, code: "spawn_failed", message: "the run is being stopped" });
    case "beat":
      return;
    case "lease":
      return leases.hold(command.id, command.lease, command.expiresInMs);
    case "release":
      return leases.release(command.id);
    case "stop":
      return children.stop(command.id, command.graceMs);
    case "shutdown":
      return void shutdown(command.graceMs);
  }
}

/** Timers run before input: after a stall of our own, beats may wait unread. So look again once the input has been read. */
function watch(): void {
  const silent = () => performance.now() - heardAtMs > beatLimitMs;
  if (silent()) setImmediate(() => setImmediate(() => silent() && void lastRites()));
}

const commands = lineSplitter((line) => {
  try {
    obey(JSON.parse(line) as WardenCommand);
  } catch (error) {
    tell({ event: "error", id: "", code: "bad_command", message: messageOf(error) });
  }
});

setInterval(watch, watchEveryMs);
process.stdin.setEncoding("utf8").on("data", (text: string) => {
  heardAtMs = performance.now();
  commands.push(text);
});
process.stdin.on("close", () => void lastRites());
process.stdout.on("error", () => void lastRites());
process.on("uncaughtException", () => void lastRites());
process.on("SIGTERM", () => void lastRites());
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
