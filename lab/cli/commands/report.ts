import { terminalMarkdown } from "../../board/terminal-markdown.ts";
import { showRun } from "../../report/show-run.ts";
import type { Io } from "../io.ts";
import { assertReportFiles, writeReport } from "../reports.ts";

/** Each names a file, `-` for standard output. */
export interface ReportFlags {
  readonly html?: string;
  readonly markdown?: string;
  readonly svg?: string;
  readonly acceptVersion?: boolean;
}

/**
 * `blastlab report`: shows a run again, in the forms that are asked for; without one on standard output, for a person
 * where that is a terminal and as Markdown elsewhere.
 */
export async function reportCommand(directory: string, { acceptVersion = false, ...files }: ReportFlags, io: Io): Promise<void> {
  const asked = (["html", "markdown", "svg"] as const).flatMap((format) => (files[format] === undefined ? [] : [[format, files[format]] as const]));
  assertReportFiles(asked.map(([, file]) => file));
  for (const [format, file] of asked) {
    const text = await showRun(directory, format, { acceptVersion });
    writeReport({ file, textOf: () => text }, io);
  }
  if (asked.length > 0) return;
  const markdown = await showRun(directory, "markdown", { acceptVersion });
  io.stdout.write(io.stdout.isTTY ? terminalMarkdown(markdown, io.stdout) : markdown);
}
