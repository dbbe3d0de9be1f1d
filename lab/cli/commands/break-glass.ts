import { createInterface } from "node:readline/promises";
import { userInfo } from "node:os";
import { LabError } from "../../../kernel/errors.ts";
import { bypass, installationFolder } from "../../break-glass/bypass.ts";
import { readCredentials } from "../../break-glass/credentials.ts";
import { runDrill, type DrillResult } from "../../break-glass/drill.ts";
import { DrillStack, type DrillRoute } from "../../break-glass/drill-stack.ts";
import { Interrupted, listenForInterrupt } from "../../live/interrupt.ts";
import { followTargetFile } from "../../load/target-file.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

export interface FolderFlags {
  readonly folder?: string;
  readonly json?: boolean;
}

export interface OnFlags extends FolderFlags {
  readonly team: string;
  /** Milliseconds. */
  readonly for: number;
  readonly reason: string;
  readonly operator?: string;
  readonly providers?: string;
  readonly age?: string;
  readonly identity?: string;
  readonly yes?: boolean;
}

interface Opened {
  readonly team: string;
  readonly url: string;
  readonly pid: number;
  readonly notAfterMs: number;
  readonly providers: readonly string[];
  readonly protectionsOff: readonly string[];
}

interface Window {
  readonly team: string;
  readonly operator: string;
  readonly reason: string;
  readonly fromMs: number;
  readonly endMs: number | null;
  readonly notAfterMs: number;
  readonly endedBy: string | null;
  readonly requests: number;
  readonly answered: number;
  readonly failed: number;
  readonly refused: number;
  readonly byRoute: Readonly<Record<string, number>>;
}

const folderOf = ({ folder }: FolderFlags) => folder ?? installationFolder();
const operatorOf = (operator: string | undefined) => operator ?? userInfo().username;
const timeText = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/** `blastlab break-glass init`: the keys of this machine's installation. */
export async function initCommand(flags: FolderFlags & { readonly operator?: string }, io: Io): Promise<void> {
  const made = await bypass<{ folder: string }>("init", { folder: folderOf(flags), operator: operatorOf(flags.operator) });
  if (flags.json === true) return writeJson(io, made);
  writeLines(io, [`Made ${made.folder} with the keys of operator "${operatorOf(flags.operator)}"`, "Write its break-glass.json next: docs/break-glass.md shows one"]);
}

/** `blastlab break-glass on`: one command from a dead gateway to answers. */
export async function onCommand(flags: OnFlags, io: Io): Promise<void> {
  const { team, reason, providers } = flags;
  if (flags.yes !== true) await confirm(team, io);
  const opened = await openWindow(flags, flags.yes === true ? "--yes" : "typed", { team, reason, providers });
  if (flags.json === true) return writeJson(io, opened);
  writeLines(io, banner(opened));
}

async function openWindow(flags: Omit<OnFlags, "team" | "reason">, confirmed: string, { team, reason, providers }: { team: string; reason: string; providers: string | undefined }): Promise<Opened> {
  const folder = folderOf(flags);
  const { credentials: names } = await bypass<{ credentials: readonly string[] }>("needs", { folder, team });
  const credentials = await readCredentials(names, { ageFile: flags.age ?? null, identityFile: flags.identity ?? null }, process.env);
  const options = { folder, team, reason, operator: operatorOf(flags.operator), confirmed, "for-ms": String(flags.for), ...(providers !== undefined && { providers }) };
  return bypass<Opened>("on", options, { credentials });
}

async function confirm(team: string, io: Io): Promise<void> {
  if (!process.stdin.isTTY) throw new LabError({ exit: "refused", code: "confirmation_needed", message: "There is no terminal to confirm at", hint: "add --yes, which the audit log records" });
  const lines = createInterface({ input: process.stdin, output: io.stderr });
  const typed = await lines.question(`Team "${team}" will go round every protection of the gateway. Type the team's name to go on: `);
  lines.close();
  if (typed.trim() !== team) throw new LabError({ exit: "refused", code: "not_confirmed", message: "Not confirmed: nothing was changed", hint: "type the team's name as it is" });
}

function banner({ team, url, notAfterMs, providers, protectionsOff }: Opened): string[] {
  return [
    `BREAK-GLASS IS ON for team "${team}" until ${timeText(notAfterMs)}: clients go to ${url}, and from there to ${providers.join(", ")}`,
    `Off until then: ${protectionsOff.join("; ")}`,
    `End it with \`npx blastlab break-glass off --team ${team}\`; it also ends by itself`,
  ];
}

/** `blastlab break-glass off`. */
export async function offCommand(flags: FolderFlags & { readonly team: string }, io: Io): Promise<void> {
  const ended = await bypass<{ shimAnswered: boolean }>("off", { folder: folderOf(flags), team: flags.team });
  if (flags.json === true) return writeJson(io, ended);
  writeLines(io, [`Break-glass is off for team "${flags.team}"${ended.shimAnswered ? "" : " (its shim was dead already)"}; clients go to the gateway again`, "What went past the protections: `npx blastlab break-glass report`"]);
}

/** `blastlab break-glass status`. */
export async function statusCommand(flags: FolderFlags, io: Io): Promise<void> {
  const status = await bypass<{ open: readonly Window[]; protectionsOff: readonly string[]; lastDrillMs: number | null }>("status", { folder: folderOf(flags) });
  if (flags.json === true) return writeJson(io, status);
  const drill = status.lastDrillMs === null ? "Never drilled" : `Last drill: ${timeText(status.lastDrillMs)}`;
  if (status.open.length === 0) return writeLines(io, ["No window is open", drill]);
  const windows = status.open.map(({ team, operator, reason, notAfterMs, requests }) => `BREAK-GLASS IS ON for team "${team}" until ${timeText(notAfterMs)}, by ${operator}: ${reason} (${requests} requests so far)`);
  writeLines(io, [...windows, `Off: ${status.protectionsOff.join("; ")}`, drill]);
}

/** `blastlab break-glass report`: what no protection has seen. */
export async function reportCommand(flags: FolderFlags & { readonly team?: string }, io: Io): Promise<void> {
  const report = await bypass<{ windows: readonly Window[]; unscanned: number; auditEntries: number }>("report", { folder: folderOf(flags), ...(flags.team !== undefined && { team: flags.team }) });
  if (flags.json === true) return writeJson(io, report);
  const windows = report.windows.flatMap(({ team, operator, reason, fromMs, endMs, endedBy, requests, answered, failed, refused, byRoute }) => [
    `${timeText(fromMs)} to ${endMs === null ? "now" : timeText(endMs)}  ${team}, by ${operator}: ${reason}${endedBy === null ? "" : ` (ended: ${endedBy})`}`,
    `  ${requests} requests: ${answered} answered, ${failed} failed; ${refused} refused by the shim${Object.entries(byRoute).map(([route, count]) => `; ${route} ${count}`).join("")}`,
  ]);
  writeLines(io, [
    ...windows,
    `Never scanned, never costed, never cached: ${report.unscanned} requests. Review them at the provider, and add their cost to the team's budget`,
    `The audit log has ${report.auditEntries} entries, and its chain is whole`,
  ]);
}

export interface DrillFlags extends Omit<OnFlags, "for" | "reason" | "yes" | "providers"> {
  readonly gateway?: string;
  readonly clientKey: string;
}

interface Needs {
  readonly credentials: readonly string[];
  readonly routes: Readonly<Record<string, DrillRoute>>;
  readonly targetFile: string;
}

/**
 * `blastlab break-glass drill`: kills gateways, opens a window, asks every route, goes back, and records the date and
 * what was seen.
 */
export async function drillCommand(flags: DrillFlags, io: Io): Promise<void> {
  const clientKey = process.env[flags.clientKey];
  if (clientKey === undefined || clientKey === "") throw new LabError({ exit: "refused", code: "client_key_missing", message: `The variable ${flags.clientKey} is not set`, hint: "set it to one of the team's client keys" });
  const folder = folderOf(flags);
  const { team } = flags;
  const { credentials: names, routes, targetFile } = await bypass<Needs>("needs", { folder, team });
  const credentials = await readCredentials(names, { ageFile: flags.age ?? null, identityFile: flags.identity ?? null }, process.env);
  using interrupt = listenForInterrupt();
  using targets = followTargetFile(targetFile);
  await using stack = flags.gateway === undefined ? new DrillStack({ team, clientKey, routes, credentials }) : null;
  const beganMs = performance.now();
  const result = await runDrill({
    routes: Object.keys(routes),
    clientKey,
    gateways: stack ?? flags.gateway!,
    target: () => targets.of(team),
    open: () => openWindow({ ...flags, for: 60_000 }, "drill", { team, reason: "drill of the bypass", providers: undefined }),
    close: () => bypass("off", { folder, team }),
    onStep: (text) => io.stderr.write(`${((performance.now() - beganMs) / 1_000).toFixed(1).padStart(5)} s  ${text}\n`),
    signal: interrupt.signal,
  }).catch((error: unknown) => {
    throw interrupt.signal.aborted ? new Interrupted() : error;
  });
  await bypass("drilled", { folder, team, detail: JSON.stringify(result) });
  if (flags.json === true) writeJson(io, result);
  else writeLines(io, drillLines(result));
  if (!result.passed) throw new LabError({ exit: "failed", code: "drill_failed", message: "The drill failed", hint: "the audit log has what was seen: `npx blastlab break-glass report --json`" });
}

function drillLines({ restoredMs, lost, lostAtEnd, routesAsked, routesAnswered, closed, killed, gatewayAnswered }: DrillResult): string[] {
  const first = restoredMs === null ? "No answer came past the gateways" : `First good answer ${restoredMs} ms after the command`;
  const stopped = killed === 0 ? "stopped before the drill" : `${killed} killed`;
  return [
    `${first}; ${lost} answers lost until then; ${routesAnswered} of ${routesAsked} routes answered; after the end the shim was ${closed ? "gone" : "still there"}`,
    `Gateways: ${gatewayAnswered ? "one answered, so that this drill does not show that the bypass works without it" : stopped}${lostAtEnd === null ? "" : `; ${lostAtEnd} answers lost on the way back to them`}`,
  ];
}
