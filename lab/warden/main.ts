/**
 * The warden: a small process in its own session that owns the children and the fault leases of a run
 * (docs/ARCHITECTURE.md). When its stdin closes, or the conductor no longer renews, it undoes the faults, kills the
 * children and ends. Trouble is logged on stderr too.
 */
import { writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../../kernel/errors.ts";
import type { RunEndFile, StillInForce } from "../../kernel/records.ts";
import { Children } from "./children.ts";
import { Leases } from "./leases.ts";
import { lineSplitter } from "./lines.ts";
import { encodeLine, orphanedLimitMs, silentMsMax, type WardenCommand, type WardenEvent } from "./protocol.ts";
import { Silence } from "./silence.ts";
import type { UndoStep } from "./undo.ts";
import { undoByHttp } from "./undo-http.ts";

const watchEveryMs = 200;
/** The conductor's stderr; nothing is behind it where somebody else reports the conductor's death. */
const terminalFd = 3;
/** A process that SIGKILL has reached ends within this, unless the kernel holds it. */
const killedLimitMs = 2_000;
/** Two passes of it, and the pause between them, fit into `orphanedLimitMs`. */
const orphanedStepLimitMs = 2_000;

let phase: "serving" | "stopping" | "orphaned" = "serving";
const silence = new Silence(watchEveryMs);
/** Null: the run has no zero yet. */
let epochMs: number | null = null;

function emit(event: WardenEvent): void {
  if ("reason" in event || event.event === "expired") logLine(event);
  process.stdout.write(encodeLine(event));
}

function logLine(fields: object): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...fields })}\n`);
}

const children = new Children(emit);
const leases = new Leases({ emit, undoStep });

/** Children end with the run: while it ends, none needs to be started again, or resumed when it is killed. */
async function undoStep(step: UndoStep): Promise<void> {
  switch (step.kind) {
    case "http":
      return void (await undoByHttp(step, phase === "orphaned" ? orphanedStepLimitMs : undefined));
    case "signal":
      return phase === "orphaned" ? undefined : children.resume(step.child);
    case "respawn":
      return phase === "serving" ? children.restore(step.child) : undefined;
  }
}

/** The conductor is dead: nothing may survive it. */
async function shutDownOrphaned(cause: string): Promise<void> {
  if (phase === "orphaned") return;
  phase = "orphaned";
  logLine({ event: "orphaned", cause });
  setTimeout(() => {
    logLine({ event: "still_in_force", reason: `not all was undone within ${orphanedLimitMs} ms` });
    process.exit(1);
  }, orphanedLimitMs);
  const [stillInForce] = await Promise.all([leases.undoAll(), children.killAll()]);
  for (const left of stillInForce) logLine({ event: "still_in_force", ...left });
  writeEnd(stillInForce, `The lab ended before the run did: ${cause}`);
  reportOrphaned(stillInForce);
  process.exit(0);
}

/** A process that was killed prints nothing itself. */
function reportOrphaned(stillInForce: readonly StillInForce[]): void {
  const left = stillInForce.length === 0 ? "its processes and its faults are gone" : `still in force: ${stillInForce.map(({ description }) => description).join(", ")}`;
  const [, , , endFile] = process.argv;
  const records = endFile === undefined ? "" : `what was recorded is in ${path.dirname(endFile)}; `;
  try {
    writeSync(terminalFd, `error: The lab ended in the middle of its run; ${left}\nhint: ${records}if nobody killed it, the machine may have run out of memory, and \`npx blastlab doctor\` shows what a run needs\n`);
  } catch {
    // The terminal is gone too.
  }
}

/** The conductor could not: the run is void, and whoever finds its directory must be able to read that. */
function writeEnd(stillInForce: readonly StillInForce[], message: string): void {
  const [, , , endFile] = process.argv;
  if (endFile === undefined) return;
  const end: RunEndFile = { reason: "failed", message, atMs: epochMs === null ? 0 : Date.now() - epochMs, troubles: [], stillInForce, componentExits: [], sums: {} };
  try {
    writeFileSync(endFile, `${JSON.stringify(end)}\n`, { flag: "wx" });
  } catch (error) {
    logLine({ event: "end_not_written", reason: messageOf(error) });
  }
}

/** The conductor is done: faults first, then the children with grace. */
async function shutDown(graceMs: number): Promise<readonly StillInForce[]> {
  phase = "stopping";
  children.close();
  const faults = await leases.undoAll();
  return [...faults, ...(await children.stopAll(graceMs, killedLimitMs))];
}

async function answer(request: number, act: () => Promise<readonly StillInForce[] | void> | void): Promise<void> {
  try {
    emit({ event: "done", request, stillInForce: (await act()) ?? [] });
  } catch (error) {
    emit({ event: "failed", request, reason: messageOf(error) });
  }
}

function handle(command: WardenCommand): void {
  switch (command.op) {
    case "spawn":
      return void answer(command.request, () => children.spawn(command));
    case "respawn":
      return void answer(command.request, () => children.respawn(command.id, command.argsBefore));
    case "signal":
      return void answer(command.request, () => children.signal(command.id, command.signal));
    case "begin":
      epochMs = command.epochMs;
      return;
    case "input":
      return children.input(command.id, command.line);
    case "stop":
      return children.stop(command.id, command.graceMs);
    case "lease":
      return void answer(command.request, () => leases.hold(command.id, command.lease, command.expiresInMs));
    case "release":
      return leases.release(command.id);
    case "renew":
      return void answer(command.request, () => leases.renew(command.ids));
    case "undo_all":
      return void answer(command.request, () => leases.undoAll());
    case "shutdown":
      if (phase === "serving") void answer(command.request, () => shutDown(command.graceMs)).then(() => process.exit(0));
      return;
  }
}

function watch(): void {
  if (silence.look() > silentMsMax) void shutDownOrphaned("the conductor is silent");
}

const commands = lineSplitter((line) => {
  try {
    handle(JSON.parse(line) as WardenCommand);
  } catch (error) {
    emit({ event: "bad_command", id: "", description: line.slice(0, 200), reason: messageOf(error) });
  }
});

setInterval(watch, watchEveryMs);
process.stdin.setEncoding("utf8").on("data", (text: string) => {
  silence.end();
  commands.push(text);
});
process.stdin.on("close", () => void shutDownOrphaned("the conductor has ended"));
process.stdout.on("error", () => void shutDownOrphaned("the conductor reads no more"));
process.on("uncaughtException", (error) => void shutDownOrphaned(`bug: ${error.stack}`));
process.on("SIGTERM", () => void shutDownOrphaned("SIGTERM"));
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
