import { execFile } from "node:child_process";

const timeoutMs = 5_000;

/** Runs a command that takes well under a second. Rejects with what it printed on stderr when it fails. */
export function runCommand([command, ...args]: readonly [string, ...string[]]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: timeoutMs }, (error, _stdout, stderr) => (error === null ? resolve() : reject(new Error(stderr.trim() === "" ? error.message : stderr.trim(), { cause: error }))));
  });
}
