import { parseArgs } from "node:util";
import { exitCodes, LabError, messageOf } from "../kernel/errors.ts";
import { readConfig } from "./config.ts";
import { endWithStdin } from "./lifeline.ts";
import { recomputationIn } from "./recomputation-shape.ts";
import { formats, shownDiff, shownRun } from "./show.ts";
import { writeVerdict, type VerdictOptions } from "./write-verdict.ts";

const usage = `The observer: judges a gateway from outside.

  node observer/main.ts --config FILE                           live duty: canaries, the gateway's metrics, progress, metrics of its own
  node observer/main.ts --verdict RUN_DIR                      writes verdict.json, report.md and report.html, exits by the verdict
      --recomputed JSON    what the lab computed again from the run's inputs; without it the verdict is at best unknown
  node observer/main.ts --show RUN_DIR --as html|markdown|svg  judges as --verdict does and prints the report, writes nothing
      --against RUN_DIR    prints a page of both runs; --recomputed-against JSON as --recomputed
      --until-stdin-closes ends when whoever started it has gone
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      verdict: { type: "string" },
      show: { type: "string" },
      as: { type: "string" },
      against: { type: "string" },
      "recomputed-against": { type: "string" },
      recomputed: { type: "string" },
      "until-stdin-closes": { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  if (values["until-stdin-closes"] === true) await endWithStdin();
  if (values.verdict !== undefined) {
    const { verdict } = writeVerdict(values.verdict, recomputedIn(values.recomputed));
    process.stdout.write(`${JSON.stringify({ verdict, exitCode: exitCodes[exitOf[verdict]] })}\n`);
    return exitCodes[exitOf[verdict]];
  }
  if (values.show !== undefined) {
    await printed(shownText(values.show, values));
    return 0;
  }
  if (values.config === undefined) throw new LabError({ exit: "refused", code: "bad_arguments", message: "None of --config, --verdict and --show was given", hint: "--help shows them" });
  const config = readConfig(values.config);
  // What serves and sends metrics is loaded only where a run goes on.
  const { keepDuty } = await import("./duty.ts");
  return keepDuty(config);
}

const recomputedIn = (text: string | undefined): VerdictOptions => (text === undefined ? {} : { recomputation: recomputationIn(text) });

interface Shown {
  readonly as?: string;
  readonly against?: string;
  readonly recomputed?: string;
  readonly "recomputed-against"?: string;
}

function shownText(directory: string, { as = "html", against, ...given }: Shown): string {
  const options = recomputedIn(given.recomputed);
  if (against !== undefined) return shownDiff([directory, options], [against, recomputedIn(given["recomputed-against"])]);
  const format = formats.find((each) => each === as);
  if (format === undefined) throw new LabError({ exit: "refused", code: "bad_arguments", message: `No such form of a report: "${as}"`, hint: `--as ${formats.join(", ")}` });
  return shownRun(directory, format, options);
}

/** Resolves when a pipe has taken all of it: the process ends right after. */
function printed(text: string): Promise<void> {
  return new Promise((resolve) => void process.stdout.write(text, () => resolve()));
}

/** The end of a command for each end of a run (README, "Read the verdict"). */
const exitOf = {
  held: "held",
  deviated: "deviated",
  not_recovered: "deviated",
  unknown: "unknown",
  failed: "failed",
  interrupted: "interrupted",
} as const;

/** Reports an error in two lines, and as a ready line where a conductor waits for one; returns the exit code. */
function reportTrouble(error: unknown): number {
  const known = error instanceof LabError;
  const refusedArguments = (error as { code?: unknown }).code?.toString().startsWith("ERR_PARSE_ARGS") === true;
  const trouble = {
    code: known ? error.code : refusedArguments ? "bad_arguments" : "internal",
    message: messageOf(error),
    hint: known ? error.hint : refusedArguments ? "--help shows the arguments" : "Run again with BLASTLAB_DEBUG=1 for the stack",
  };
  if (process.argv.includes("--config")) process.stdout.write(`${JSON.stringify({ ready: false, ...trouble })}\n`);
  process.stderr.write(`error: ${trouble.message}\nhint: ${trouble.hint}\n`);
  if (process.env.BLASTLAB_DEBUG === "1" && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return known ? error.exitCode : refusedArguments ? exitCodes.refused : exitCodes.failed;
}

// A probe may still be waiting for its answer: the taps are closed, so nothing is lost by not waiting for it.
process.exit(await main().catch(reportTrouble));
