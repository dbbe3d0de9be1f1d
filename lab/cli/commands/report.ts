import { writeFileSync } from "node:fs";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import { terminalMarkdown } from "../../board/terminal-markdown.ts";
import { showRun } from "../../report/show-run.ts";
import type { Io } from "../io.ts";

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
  for (const [format, file] of asked) put(await showRun(directory, format, { acceptVersion }), file, io);
  if (asked.length > 0) return;
  const markdown = await showRun(directory, "markdown", { acceptVersion });
  io.stdout.write(io.stdout.isTTY ? terminalMarkdown(markdown, io.stdout) : markdown);
}

/** Writes a text to a file, or to standard output. Throws LabError `refused` `out_not_writable`. */
export function put(text: string, file: string, io: Io): void {
  if (file === "-") {
    io.stdout.write(text);
    return;
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new LabError({ exit: "refused", code: "out_not_writable", message: `Cannot write "${file}": ${messageOf(error)}`, hint: "Name a file in a directory that exists, or - for standard output", cause: error });
  }
}
