import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import { paintFor, type Paint } from "../../board/paint.ts";
import { childEnvironment, variablesOf } from "../../child-environment.ts";
import { fileLimits, readText } from "../../files.ts";
import { Interrupted, listenForInterrupt } from "../../live/interrupt.ts";
import { allowedTarget, readAllowList } from "../../targets/loopback.ts";
import { writeLines, type Io } from "../io.ts";

export interface EvalFlags {
  readonly allowTargets?: string;
  readonly passEnv: readonly string[];
  readonly json?: boolean;
}

const gateMain = fileURLToPath(new URL("../../../gateway/evals/main.ts", import.meta.url));

/** The part of a gate's record that a person reads (gateway/evals/gate-record.ts). */
interface Shown {
  readonly decision: string;
  readonly reasons: readonly string[];
  readonly judge: { readonly labelled: number; readonly agreement: number } | null;
  readonly outcomes: readonly { readonly id: string; readonly current: SideShown | null; readonly candidate: SideShown | null }[];
  readonly validUntil: string;
}

interface SideShown {
  readonly passes: boolean;
  readonly reason: string;
}

/**
 * `blastlab eval`: runs the eval gate of a file. Resolves to its exit code: 0 pass, 1 fail, 2 undecided or unknown, 4
 * refused, 130 interrupted.
 */
export async function evalCommand(file: string, { allowTargets, passEnv, json = false }: EvalFlags, io: Io): Promise<number> {
  const allowList = allowTargets === undefined ? [] : readAllowList(allowTargets);
  for (const url of urlsIn(file)) await allowedTarget(url, allowList);
  using interrupt = listenForInterrupt();
  const env = childEnvironment([...variablesOf.caller, ...passEnv]);
  const child = spawn(process.execPath, [gateMain, "--config", file], { env, stdio: ["ignore", "pipe", "pipe"] });
  const stop = () => void child.kill("SIGKILL");
  interrupt.signal.addEventListener("abort", stop, { once: true });
  child.stderr.pipe(io.stderr, { end: false });
  const [printed, code] = await Promise.all([text(child.stdout), new Promise<number | null>((resolve) => child.once("close", resolve))]);
  if (interrupt.signal.aborted) throw new Interrupted();
  if (printed === "") return code ?? 3;
  if (json) io.stdout.write(printed);
  else writeLines(io, linesOf(JSON.parse(printed) as Shown, paintFor(io.stdout)));
  return code ?? 3;
}

/** The addresses that the gate would ask. What else is wrong with the file is reported by the gate. */
function urlsIn(file: string): readonly string[] {
  let value: unknown;
  try {
    value = parse(readText(file, fileLimits.scenarioBytesMax), { maxAliasCount: 100 });
  } catch (error) {
    throw new LabError({ exit: "refused", code: "gate_file_unreadable", message: `Cannot read "${file}": ${messageOf(error).split("\n")[0]}`, hint: "docs/eval-gate.md describes the file" });
  }
  const sides = value as Readonly<Record<string, { readonly url?: unknown } | null>> | null;
  return ["current", "candidate", "judge"].flatMap((side) => (typeof sides?.[side]?.url === "string" ? [sides[side].url] : []));
}

const shownMax = 20;

function linesOf({ decision, reasons, judge, outcomes, validUntil }: Shown, paint: Paint): readonly string[] {
  const changed = outcomes.filter(({ current, candidate }) => current !== null && candidate !== null && current.passes !== candidate.passes);
  const mark = decision === "pass" ? paint.green : decision === "fail" ? paint.red : paint.yellow;
  return [
    `${mark(decision.toUpperCase())}  ${reasons.join(" ")}`,
    ...(judge === null ? [] : [`The judge reproduces ${Math.round(100 * judge.agreement)} % of ${judge.labelled} known labels`]),
    ...changed.slice(0, shownMax).map(({ id, current, candidate }) => (current!.passes ? `  ${paint.red("broken")}  ${id}: ${candidate!.reason}` : `  ${paint.green("mended")}  ${id}`)),
    ...(changed.length > shownMax ? [`  and ${changed.length - shownMax} more: --json lists them all`] : []),
    paint.dim(`Valid until ${validUntil}`),
  ];
}
