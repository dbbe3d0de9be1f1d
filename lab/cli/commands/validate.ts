import { exitCodes } from "../../../kernel/errors.ts";
import { paintFor } from "../../board/paint.ts";
import { validateFiles } from "../../plan/validate.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

export interface ValidateFlags {
  readonly stack?: string;
  readonly json?: boolean;
}

/** `blastlab validate`: all problems of all files; resolves to 4 when there is one, else 0. */
export function validateCommand(names: readonly string[], { stack, json = false }: ValidateFlags, io: Io): number {
  const files = validateFiles(names, stack ?? null);
  const valid = files.every(({ problems }) => problems.length === 0);
  const paint = paintFor(io.stdout);
  if (json) writeJson(io, { valid, files });
  else {
    for (const { file, kind, problems } of files) {
      const head = `${paint.bold(file)}  ${kind}, `;
      if (problems.length === 0) writeLines(io, [head + paint.green("valid")]);
      else writeLines(io, [head + paint.red(problems.length === 1 ? "1 problem" : `${problems.length} problems`), ...problems.map((problem) => `  ${problem}`)]);
    }
  }
  return valid ? exitCodes.held : exitCodes.refused;
}
