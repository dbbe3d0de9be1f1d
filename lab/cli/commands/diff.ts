import { viewOf } from "../../../observer/view/view-of.ts";
import { paintFor } from "../../board/paint.ts";
import { readPlan, readVerdict } from "../../files.ts";
import { diffText } from "../../report/diff-text.ts";
import { showDiff } from "../../report/show-run.ts";
import type { Io } from "../io.ts";
import { assertReportFiles, writeReport } from "../reports.ts";

export interface DiffFlags {
  /** A file, `-` for standard output. */
  readonly html?: string;
  readonly acceptVersion?: boolean;
}

/** `blastlab diff`: two runs side by side, as a table in the terminal or as a page. */
export async function diffCommand(a: string, b: string, { html, acceptVersion = false }: DiffFlags, io: Io): Promise<void> {
  if (html !== undefined) {
    assertReportFiles([html]);
    const page = await showDiff(a, b, { acceptVersion });
    return writeReport({ file: html, textOf: () => page }, io);
  }
  const viewIn = (directory: string) => viewOf({ plan: readPlan(directory), verdict: readVerdict(directory) });
  io.stdout.write(diffText([viewIn(a), viewIn(b)], paintFor(io.stdout)));
}
