import { setTimeout as sleep } from "node:timers/promises";
import { userInfo } from "node:os";
import { parse } from "yaml";
import { exitCodes, LabError, messageOf } from "../../../kernel/errors.ts";
import { fileLimits, readText } from "../../files.ts";
import { listenForInterrupt } from "../../live/interrupt.ts";
import { nameOf, phaseText, type EntryShown, type StatusShown } from "../gateway/control-answers.ts";
import { controlClient, type ControlClient, type RegionFlags } from "../gateway/control-client.ts";
import { writeJson, type Io } from "../io.ts";

export interface ReasonFlags extends RegionFlags {
  readonly reason: string;
  readonly who?: string;
}

export interface PushFlags extends ReasonFlags {
  readonly force?: boolean;
  readonly receipt?: string;
  readonly detach?: boolean;
}

const pollMs = 500;

export const byOf = ({ who = userInfo().username, reason }: ReasonFlags) => ({ who, why: reason });

/**
 * `blastlab gateway push`: stages a package and follows it. Resolves to 0 when it is active, 1 when it was refused or
 * rolled back, 130 when it goes on alone.
 */
export async function pushCommand(file: string, flags: PushFlags, io: Io): Promise<number> {
  const content = mapping(file);
  const receipt = flags.receipt === undefined ? null : mapping(flags.receipt);
  const client = await controlClient(flags);
  const { active } = await client.get<StatusShown>("/v1/status");
  const pushed = await client.post<{ readonly hash: string; readonly version: number }>("/v1/push", { ...packageOf(content, active), ...byOf(flags), force: flags.force ?? false, receipt });
  if (flags.detach === true) return reported(await entryOf(client, pushed.hash), flags, io, exitCodes.held);
  using interrupt = listenForInterrupt();
  return await follow(client, pushed.hash, { flags, io, signal: interrupt.signal });
}

/**
 * A file is a whole package, with its own parent and version, or a configuration, which goes on top of the active one.
 */
function packageOf(content: Readonly<Record<string, unknown>>, active: EntryShown | null): object {
  const { config, parent, version, hash, runtime } = content;
  if (typeof config !== "object" || !("parent" in content)) return { config: content, parent: active?.package.hash ?? null };
  return { config, parent, ...(version !== undefined && { version }), ...(hash !== undefined && { hash }), ...(runtime !== undefined && { runtime }) };
}

interface Following {
  readonly flags: PushFlags;
  readonly io: Io;
  readonly signal: AbortSignal;
}

async function follow(client: ControlClient, hash: string, { flags, io, signal }: Following): Promise<number> {
  let printed = "";
  for (;;) {
    const { rollout } = await client.get<StatusShown>("/v1/status");
    if (rollout?.package.hash !== hash) return reported(await entryOf(client, hash), flags, io);
    if (signal.aborted) return leave(client, rollout.phase === "waiting", { flags, io, entry: rollout });
    const line = `${nameOf(rollout)}: ${phaseText(rollout)}\n`;
    if (line !== printed) io.stderr.write((printed = line));
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
}

/** Ctrl-C during the wait of a forced push cancels it; afterwards the control plane goes on alone. */
async function leave(client: ControlClient, isWaiting: boolean, { flags, io, entry }: { flags: PushFlags; io: Io; entry: EntryShown }): Promise<number> {
  if (isWaiting) {
    await client.post("/v1/rollback", { ...byOf(flags), why: "cancelled during the wait" });
    io.stderr.write(`${nameOf(entry)} was cancelled: nothing of it was checked or served\n`);
  } else {
    io.stderr.write(`Region "${flags.region}" goes on with ${nameOf(entry)} without you: its steps are decided by evidence. Look: npx blastlab gateway status. End it: npx blastlab gateway rollback\n`);
  }
  return exitCodes.interrupted;
}

function reported(entry: EntryShown, { json = false }: RegionFlags, io: Io, code: number = entry.state === "active" ? exitCodes.held : exitCodes.deviated): number {
  if (json) writeJson(io, entry);
  else io.stdout.write(`${nameOf(entry)} is ${entry.state.replace("_", " ")}${entry.reason === null ? "" : `: ${entry.reason}`}\n`);
  return code;
}

async function entryOf(client: ControlClient, hash: string): Promise<EntryShown> {
  return (await client.get<readonly EntryShown[]>("/v1/history")).findLast((entry) => entry.package.hash === hash)!;
}

/** YAML or JSON that is a mapping. */
export function mapping(file: string): Readonly<Record<string, unknown>> {
  const refused = (why: string) => new LabError({ exit: "refused", code: "file_unreadable", message: `Cannot use "${file}": ${why}`, hint: "docs/control-plane.md describes the files" });
  let value: unknown;
  try {
    value = parse(readText(file, fileLimits.scenarioBytesMax), { maxAliasCount: 100 });
  } catch (error) {
    throw refused(messageOf(error).split("\n")[0]!);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refused("it is no mapping");
  return value as Readonly<Record<string, unknown>>;
}
