import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { BreakGlassSettings, BreakGlassWindow, PlannedAction } from "../../kernel/action.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { bypass } from "../break-glass/bypass.ts";
import { partOptions } from "../node-options.ts";
import { simulatorKey, simulatorKeyVariable } from "../plan/gateway-config.ts";
import { providerOf } from "../plan/providers.ts";
import type { Warden } from "../warden/client.ts";
import type { RunDirectory } from "./directory.ts";
import { startLimitMs } from "./start-limit.ts";

export interface BypassContext {
  readonly plan: Plan;
  readonly directory: RunDirectory;
  readonly warden: Warden;
  /** Where the providers serve, by their components. */
  readonly urls: ReadonlyMap<string, string>;
  /** Bearer token by `team/feature`. */
  readonly keys: Readonly<Record<string, string>>;
  /** Of the plan, and those that a person may take. */
  readonly steps: readonly PlannedAction[];
}

const bypassMain = fileURLToPath(new URL("../../bypass/main.ts", import.meta.url));
const labOperator = "lab";
/** The lab ends the window of a person at its time; the token would a little later, should the lab be gone. */
const tokenLongerMs = 5_000;
/** What the bypass itself takes at most. */
const windowMsMax = 4 * 3_600_000;
/** The tail of a run after its last arrival. */
const tailMs = 120_000;
/** The shim hands back for a second, and lets answers finish. */
const stopGraceMs = 5_000;

/** The process of a team's shim: part of the system under test, and not of the lab. */
export const shimOf = (team: string) => `bypass-${team}`;

/** The teams that these steps lead past the gateways. */
export function bypassedTeams(steps: readonly PlannedAction[]): readonly string[] {
  return [...new Set(steps.flatMap(({ kind, lacking, settings }) => (kind === "break_glass" && lacking === null ? [(settings as BreakGlassSettings).team] : [])))];
}

/**
 * Break-glass in a live run: an installation of its own, outside the run directory, because it holds keys. The shims
 * are children of the warden.
 */
export class LiveBypass implements AsyncDisposable {
  readonly #context: BypassContext;
  readonly #folder: string;
  readonly #operators = new Set<string>();

  private constructor(context: BypassContext, folder: string) {
    this.#context = context;
    this.#folder = folder;
  }

  /** Null where no step needs one. Rejects with LabError for an installation that cannot be made. */
  static async prepare(context: BypassContext): Promise<LiveBypass | null> {
    const teams = bypassedTeams(context.steps);
    if (teams.length === 0) return null;
    const folder = await mkdtemp(path.join(tmpdir(), "blastlab-bypass-"));
    const made = new LiveBypass(context, folder);
    await made.#admit(labOperator);
    await writeFile(path.join(folder, "break-glass.json"), JSON.stringify({ targetFile: made.targetFile, teams: Object.fromEntries(teams.map((team) => [team, teamOf(team, context)])) }));
    return made;
  }

  /** From which the clients read where their team goes. */
  get targetFile(): string {
    return path.join(this.#folder, "targets.json");
  }

  /** The operator's one command. Resolves when the shim serves and the clients may read its address. */
  async open(team: string, window?: BreakGlassWindow): Promise<void> {
    const { warden, directory, plan } = this.#context;
    const lengthMs = window === undefined ? plan.timeline.endMs + tailMs : window.minutes * 60_000 + tokenLongerMs;
    const { reason, operator } = window ?? { reason: "a step of the scenario", operator: labOperator };
    await this.#admit(operator);
    const options = { folder: this.#folder, team, "for-ms": String(Math.min(windowMsMax, lengthMs)), reason, operator, confirmed: window === undefined ? "scenario" : "page" };
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const child = await warden.spawn({ id: shimOf(team), command: process.execPath, args: [...partOptions, bypassMain, "on", "--foreground", ...args], log: directory.log(shimOf(team)) });
    child.input({ credentials: { [simulatorKeyVariable]: simulatorKey } });
    await child.ready(startLimitMs);
  }

  /** Makes the signing key of an operator, once. */
  async #admit(operator: string): Promise<void> {
    if (this.#operators.has(operator)) return;
    await bypass("init", { folder: this.#folder, operator });
    this.#operators.add(operator);
  }

  /** Resolves when the clients may read that their team goes to the gateways again. */
  async close(team: string): Promise<void> {
    const child = this.#context.warden.child(shimOf(team));
    if (child?.isRunning !== true) throw new LabError({ exit: "failed", code: "window_missing", message: `Team "${team}" has no open window`, hint: "see logs/bypass-*.log" });
    void child.stop(stopGraceMs);
    await bypass("off", { folder: this.#folder, team });
  }

  /** Ends what is open, and keeps the audit log with the run's logs. */
  async finish(): Promise<void> {
    const { steps, warden, directory } = this.#context;
    await Promise.all(bypassedTeams(steps).map((team) => warden.child(shimOf(team))?.stop(stopGraceMs)));
    const audit = path.join(this.#folder, "audit.ndjson");
    if (existsSync(audit)) await copyFile(audit, path.join(path.dirname(directory.log("bypass")), "break-glass-audit.ndjson"));
  }

  /** Removes the installation. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function teamOf(team: string, { plan, urls, keys, steps }: BypassContext): object {
  const { routes } = steps.map(({ settings }) => settings as BreakGlassSettings).find((settings) => settings.team === team)!;
  const directs = Object.entries(routes).map(([route, name]) => {
    const { provider, model } = plan.deployments.find((deployment) => deployment.name === name)!;
    return [route, { provider, url: `${urls.get(providerOf(plan, name))!}/v1`, model, credential: simulatorKeyVariable }];
  });
  const own = Object.entries(keys).filter(([owner]) => owner.startsWith(`${team}/`));
  return { clientKeys: own.map(([, key]) => createHash("sha256").update(key).digest("hex")), routes: Object.fromEntries(directs) };
}
