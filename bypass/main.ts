/**
 * Break-glass: `main.ts COMMAND --folder DIR …`. It imports Node and its own core alone, so that nothing of the
 * gateway or the lab has to work for it. Each command prints one line of JSON. `blastlab break-glass` is its face for
 * people.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { protectionsOff } from "./core/shim.ts";
import { windowProblem } from "./core/token.ts";
import { BypassError, Installation } from "./installation.ts";
import { Shim } from "./serve.ts";

const options = {
  folder: { type: "string" },
  team: { type: "string" },
  "for-ms": { type: "string" },
  reason: { type: "string" },
  operator: { type: "string" },
  confirmed: { type: "string" },
  providers: { type: "string" },
  detail: { type: "string" },
  foreground: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
let values: Values = {};

const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

function required(name: "folder" | "team" | "for-ms" | "reason" | "operator" | "confirmed" | "detail"): string {
  const value = values[name];
  if (value === undefined || value === "") throw new BypassError("arguments_invalid", `--${name} is missing`, "see docs/break-glass.md");
  return value;
}

interface Handover {
  readonly token: string;
  readonly credentials: Readonly<Record<string, string>>;
}

/** One line of JSON on stdin: keys and tokens pass no argument, no variable and no file. */
async function handover<T>(): Promise<T> {
  const [line] = (await once(createInterface({ input: process.stdin }), "line")) as [string];
  return JSON.parse(line) as T;
}

async function on(installation: Installation): Promise<object | null> {
  const [team, reason, operator, confirmed] = [required("team"), required("reason"), required("operator"), required("confirmed")];
  const forMs = Number(required("for-ms"));
  const settings = installation.map().teams[team];
  if (settings === undefined) throw new BypassError("team_unknown", `The map has no team "${team}"`, "add it to break-glass.json");
  const nowMs = Date.now();
  const windows = installation.windows(nowMs).filter((window) => window.team === team);
  if (windows.some(({ endMs }) => endMs === null)) throw new BypassError("window_open", `Team "${team}" has an open window`, "end it with `npx blastlab break-glass off`, or wait for its end");
  const problem = windowProblem({ forMs, reason, lastEndMs: windows.at(-1)?.endMs ?? null, nowMs });
  if (problem !== null) throw new BypassError("window_refused", problem, "docs/break-glass.md gives the rules");
  const providers = values.providers?.split(",") ?? [...new Set(Object.values(settings.routes).map(({ provider }) => provider))];
  const { credentials } = await handover<Omit<Handover, "token">>();
  const notAfterMs = nowMs + forMs;
  const token = installation.issue({ team, providers, issuedAtMs: nowMs, notAfterMs, reason, operator, installation: installation.fingerprint });
  installation.append({ atMs: nowMs, event: "on", team, operator, reason, providers, notAfterMs, confirmed });
  if (values.foreground === true) return serveHere(installation, team, { token, credentials }).then(() => null);
  const { url, pid } = await startShim(installation, team, { token, credentials });
  return { ok: true, team, url, pid, notAfterMs, providers, protectionsOff };
}

/** The shim outlives this command: its end is the token's. */
async function startShim(installation: Installation, team: string, given: Handover): Promise<{ url: string; pid: number }> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "serve", "--folder", installation.folder, "--team", team], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.end(`${JSON.stringify(given)}\n`);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const ready = JSON.parse(line) as { ready: boolean; url: string; code: string; message: string; hint: string };
  if (!ready.ready) {
    installation.append({ atMs: Date.now(), event: "off", team, problem: ready.code });
    throw new BypassError(ready.code, ready.message, ready.hint);
  }
  child.unref();
  (child.stdout as unknown as { unref(): void }).unref();
  return { url: ready.url, pid: child.pid! };
}

const serve = async (installation: Installation): Promise<void> => serveHere(installation, required("team"), await handover<Handover>());

/** Serves in this process until the window ends. */
async function serveHere(installation: Installation, team: string, { token, credentials }: Handover): Promise<void> {
  const shim = new Shim({ installation, team, token, credentials });
  process.on("SIGTERM", () => shim.end());
  process.stdout.on("error", () => {});
  print({ ready: true, url: await shim.start() });
  await shim.ended.promise;
}

async function off(installation: Installation): Promise<object> {
  const team = required("team");
  const shim = installation.shimOf(team);
  const reached = shim !== null && (await fetch(`${shim.url}/control/off`, { method: "POST", headers: { authorization: `Bearer ${shim.control}` } }).then(({ status }) => status === 204, () => false));
  // A shim that is dead cannot record its end, nor take its address back.
  if (!reached) {
    const isOpen = installation.windows(Date.now()).some((window) => window.team === team && window.endMs === null);
    if (!isOpen) throw new BypassError("window_missing", `Team "${team}" has no open window`, "see `npx blastlab break-glass status`");
    installation.append({ atMs: Date.now(), event: "off", team });
    installation.setTarget(team, null);
  }
  return { ok: true, team, shimAnswered: reached };
}

const drills = (installation: Installation) => installation.audit().filter(({ event }) => event === "drill");

function status(installation: Installation): object {
  const open = installation.windows(Date.now()).filter(({ endMs }) => endMs === null);
  return { ok: true, folder: installation.folder, open, protectionsOff: open.length > 0 ? protectionsOff : [], lastDrillMs: drills(installation).at(-1)?.atMs ?? null };
}

function report(installation: Installation): object {
  const windows = installation.windows(Date.now()).filter(({ team }) => values.team === undefined || team === values.team);
  const total = windows.reduce((sum, { requests }) => sum + requests, 0);
  return { ok: true, auditEntries: installation.audit().length, auditWhole: true, windows, unscanned: total, uncosted: total, uncached: total, drills: drills(installation) };
}

function recordDrill(installation: Installation): object {
  const detail = JSON.parse(required("detail")) as Record<string, string | number | boolean>;
  return { ok: true, entry: installation.append({ ...detail, atMs: Date.now(), event: "drill", team: required("team") }) };
}

/**
 * What the routes of a team are and which credentials they name, for whoever looks them up, and where its clients read
 * their address.
 */
function needs(installation: Installation): object {
  const { teams, targetFile } = installation.map();
  const settings = teams[required("team")];
  if (settings === undefined) throw new BypassError("team_unknown", `The map has no team "${required("team")}"`, "add it to break-glass.json");
  return { ok: true, credentials: [...new Set(Object.values(settings.routes).map(({ credential }) => credential))], routes: settings.routes, targetFile: path.resolve(installation.folder, targetFile) };
}

async function run(command: string | undefined): Promise<object | null> {
  if (command === "init") return { ok: true, folder: Installation.create(required("folder"), required("operator")).folder };
  const installation = new Installation(required("folder"));
  if (command === "serve") return serve(installation).then(() => null);
  const commands: Readonly<Record<string, (installation: Installation) => object | Promise<object | null>>> = { on, off, status, report, needs, drilled: recordDrill };
  const chosen = command === undefined || !Object.hasOwn(commands, command) ? undefined : commands[command];
  if (chosen === undefined) throw new BypassError("arguments_invalid", "Expected init, needs, on, off, status, report or drilled", "see docs/break-glass.md");
  return chosen(installation);
}

try {
  const parsed = parseArgs({ allowPositionals: true, options });
  values = parsed.values;
  const result = await run(parsed.positionals[0]);
  if (result !== null) print(result);
} catch (error) {
  const { code, message, hint } = error instanceof BypassError ? error : { code: "failed", message: error instanceof Error ? error.message : String(error), hint: "see docs/break-glass.md" };
  print({ ok: false, ready: false, code, message, hint });
  process.exitCode = 4;
}
