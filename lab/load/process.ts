import * as fs from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { Canceller, Cancelled, type Signal } from "../../kernel/signal.ts";
import { fileReader } from "../../kernel/text-file.ts";

/** A process that follows the child-process conventions of docs/ARCHITECTURE.md, "Processes of a live run". */
export interface LoadProcess<Prepared> {
  /** Source file that declares the config, for the hint. */
  readonly source: string;
  /** Reads and checks the config before anything starts. */
  prepare(configFile: string): Prepared;
  /** Runs until it is done or `stop` is cancelled. Calls `ready` once it serves. */
  run(prepared: Prepared, control: LoadControl): Promise<void>;
}

export interface LoadControl {
  readonly stop: Signal;
  readonly ready: (url: string) => void;
  /**
   * The timeline's zero (Unix ms), which comes on stdin as `{"epochMs": N}` once everything is up. Rejects with
   * `Cancelled` when the process is stopped before.
   */
  readonly begun: () => Promise<number>;
}

/**
 * Runs the process to its end. Resolves to the exit code: 0, or 3 with the reason on stdout (before `ready`) or stderr
 * (after it).
 */
export async function runLoadProcess<Prepared>(options: LoadProcess<Prepared>): Promise<number> {
  const canceller = new Canceller();
  process.once("SIGTERM", () => canceller.cancel("SIGTERM"));
  process.stdin.on("error", () => canceller.cancel("stdin closed"));
  process.stdin.once("close", () => canceller.cancel("stdin closed"));
  const begun = Promise.withResolvers<number>();
  createInterface({ input: process.stdin }).once("line", (line) => void parsedEpoch(line).then(begun.resolve, begun.reject));
  canceller.signal.onAbort((reason) => begun.reject(new Cancelled(reason)));
  // Not every load process waits for it.
  begun.promise.catch(() => {});
  let isReady = false;
  try {
    const { values } = parseArgs({ options: { config: { type: "string" } } });
    await options.run(options.prepare(values.config ?? ""), {
      stop: canceller.signal,
      begun: () => begun.promise,
      ready: (url) => {
        isReady = true;
        print({ ready: true, url });
      },
    });
    return 0;
  } catch (error) {
    if (error instanceof Cancelled) return 0;
    const { code, hint } = error instanceof LabError ? error : { code: "config_invalid", hint: `${options.source} declares what its config holds` };
    if (isReady) process.stderr.write(`error: ${messageOf(error)}\n`);
    else print({ ready: false, code, message: messageOf(error), hint });
    return 3;
  }
}

async function parsedEpoch(line: string): Promise<number> {
  return epochSchema.parse(JSON.parse(line)).epochMs;
}

const epochSchema = z.object({ epochMs: z.number() });

const configBytesMax = 2 ** 20;

/** Reads a config file. Throws LabError `config_invalid` with each problem and its path. */
export function readLoadConfig<T>(file: string, schema: z.ZodType<T, unknown>): T {
  try {
    return schema.parse(fileReader(fs).readJson(file, configBytesMax));
  } catch (error) {
    const detail = error instanceof z.ZodError ? error.issues.map(({ path, message }) => `${path.join(".") || "(top)"}: ${message}`).join("; ") : messageOf(error);
    throw new LabError({
      exit: "failed",
      code: "config_invalid",
      message: `Cannot read the config "${file}": ${detail}`,
      hint: "docs/ARCHITECTURE.md lists what it holds",
      cause: error,
    });
  }
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
