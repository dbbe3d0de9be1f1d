import { closeSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LabError, messageOf } from "../kernel/errors.ts";
import { makeFolders } from "./files.ts";

/** Writes a file, with its folder. Throws LabError `failed` `out_not_written`. */
export function writeOut(file: string, text: string): void {
  try {
    makeFolders(path.dirname(path.resolve(file)));
    writeFileSync(file, text);
  } catch (error) {
    throw new LabError({ exit: "failed", code: "out_not_written", message: `Cannot write "${file}": ${messageOf(error)}`, hint: "Give another path", cause: error });
  }
}

/**
 * Refuses, before anything is played, a file that could not be written after it. Makes its folder. Throws LabError
 * `refused` `out_not_writable`.
 */
export function assertWritable(file: string): void {
  try {
    if (file === "-") throw new Error("it has to be a file");
    const target = path.resolve(file);
    makeFolders(path.dirname(target));
    const status = statSync(target, { throwIfNoEntry: false });
    if (status?.isDirectory() === true) throw new Error("it is a directory");
    // A pipe's reader would take the end of a trial for the end of the text.
    if (status !== undefined && !status.isFile()) return;
    closeSync(openSync(target, "a"));
    if (status === undefined) rmSync(target);
  } catch (error) {
    throw new LabError({ exit: "refused", code: "out_not_writable", message: `Cannot write "${file}": ${messageOf(error)}`, hint: "Give another path", cause: error });
  }
}
