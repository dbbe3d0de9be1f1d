import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

const template = fileURLToPath(new URL("../../../scenarios/template.yaml", import.meta.url));
const schema = fileURLToPath(new URL("../../../scenarios/scenario.schema.json", import.meta.url));

/**
 * `blastlab new NAME`: writes NAME.yaml into the working directory. Throws LabError `refused`: `bad_name`,
 * `exists_already`, `unwritable`.
 */
export function newCommand(name: string, { json = false }: { readonly json?: boolean }, io: Io): void {
  if (!/^[a-z0-9]+([-_.][a-z0-9]+)*$/.test(name) || /\.ya?ml$/.test(name)) throw badName(name);
  const file = `${name}.yaml`;
  const target = path.resolve(file);
  const text = readFileSync(template, "utf8")
    .replace("$schema=SCHEMA", `$schema=${path.relative(path.dirname(target), schema)}`)
    .replaceAll("FILE", `./${file}`)
    .replace("name: NAME", `name: ${name}`);
  write(target, text, file);
  if (json) return writeJson(io, { file });
  writeLines(io, [`Wrote ${file}: a scenario that runs as it is.`, `  npx blastlab validate ./${file}`, `  npx blastlab run ./${file} --dry-run`, `  npx blastlab run ./${file} --virtual`]);
}

/** `wx`: a file that appears meanwhile is not overwritten either. */
function write(target: string, text: string, file: string): void {
  try {
    writeFileSync(target, text, { flag: "wx" });
  } catch (error) {
    if (existsSync(target)) throw new LabError({ exit: "refused", code: "exists_already", message: `Cannot write ${file}: it exists already`, hint: "Give another name, or remove the file first" });
    throw new LabError({ exit: "refused", code: "unwritable", message: `Cannot write ${file}: ${messageOf(error)}`, hint: "Run it in a directory that you may write to", cause: error });
  }
}

function badName(name: string): LabError {
  const bare = name.toLowerCase().replace(/^.*[\\/]/, "").replace(/\.ya?ml$/, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return new LabError({
    exit: "refused",
    code: "bad_name",
    message: `Cannot name a scenario "${name}"`,
    hint: `Use lower-case letters, digits, and - _ . between them, without a path and without .yaml${bare === "" ? "" : `: npx blastlab new ${bare}`}`,
  });
}
