import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";

/**
 * Where a program is: a path counts from `cwd`, a bare name is looked up on the PATH. Null: there is none that may be
 * run.
 */
export function executableAt(program: string, { cwd, searchPath }: { readonly cwd: string; readonly searchPath: string }): string | null {
  const folders = program.includes(path.sep) ? [cwd] : searchPath.split(path.delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => path.resolve(folder, program)).find(isExecutable) ?? null;
}

/** Whether there is such a file, and this user may run it. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
