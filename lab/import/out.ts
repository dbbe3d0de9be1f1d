import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { makeFolders } from "../files.ts";

/**
 * Where imported incidents go. All of them are there after `keep`, and none of them before; dispose drops what was not
 * kept.
 */
export interface IncidentOut extends Disposable {
  readonly path: string;
  write(incident: Incident): void;
  keep(): void;
}

/**
 * A directory with one file an incident, as the catalogue is; or, for a name that ends in `.json`, one file with a list
 * of them. Both are written beside their place and renamed at the end. Throws LabError `out_not_empty`,
 * `out_not_writable`.
 */
export function openOut(out: string): IncidentOut {
  const target = path.resolve(out);
  if (existsSync(target) && (out.endsWith(".json") || readdirSync(target).length > 0)) throw notEmpty(out);
  try {
    makeFolders(path.dirname(target));
    const folder = mkdtempSync(path.join(path.dirname(target), ".blastlab-import-"));
    const dispose = () => rmSync(folder, { recursive: true, force: true });
    return { path: out, ...(out.endsWith(".json") ? listIn(folder, target) : filesIn(folder, target)), [Symbol.dispose]: dispose };
  } catch (error) {
    throw new LabError({ exit: "refused", code: "out_not_writable", message: `Cannot write to "${out}": ${messageOf(error)}`, hint: "Give a writable path with --out", cause: error });
  }
}

function filesIn(folder: string, target: string): Pick<IncidentOut, "write" | "keep"> {
  const inside = path.join(folder, "incidents");
  mkdirSync(inside);
  return {
    write: (incident) => writeFileSync(path.join(inside, `${incident.id}.json`), `${JSON.stringify(incident, null, 2)}\n`),
    keep: () => renameSync(inside, target),
  };
}

/** One incident a line, so that a list of many can still be read with the tools of text. */
function listIn(folder: string, target: string): Pick<IncidentOut, "write" | "keep"> {
  const file = path.join(folder, "incidents.json");
  const fd = openSync(file, "w");
  let separator = "[\n";
  return {
    write: (incident) => {
      writeSync(fd, `${separator}${JSON.stringify(incident)}`);
      separator = ",\n";
    },
    keep: () => {
      writeSync(fd, separator === "[\n" ? "[]\n" : "\n]\n");
      closeSync(fd);
      renameSync(file, target);
    },
  };
}

function notEmpty(out: string): LabError {
  return new LabError({
    exit: "refused",
    code: "out_not_empty",
    message: `Cannot import into "${out}": there is something already`,
    hint: "Give a new or empty directory, or a new file, with --out",
  });
}
