import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { closest } from "../../scenarios/closest.ts";
import { extendedName, extendedText } from "../../scenarios/extend.ts";
import type { TextPart } from "../../scenarios/parse.ts";
import { fileLimits, readText } from "../files.ts";

/** A folder of YAML files that come with the lab, each named by its file. */
interface Library {
  /** `scenario`, `stack`: in messages and codes. */
  readonly what: string;
  readonly folder: string;
  /** Folders of more of them, which are named like the others. */
  readonly more: readonly string[];
  readonly command: string;
}

const folderOf = (name: string) => fileURLToPath(new URL(`../../scenarios/${name}/`, import.meta.url));

const scenarios: Library = { what: "scenario", folder: folderOf("library"), more: [], command: "npx blastlab scenarios" };
const stacks: Library = { what: "stack", folder: folderOf("stacks"), more: [folderOf("stacks/policies"), folderOf("stacks/gateways")], command: "npx blastlab stacks" };

/** Names of the scenarios that come with the lab. */
export const scenarioNames = (): readonly string[] => namesIn(scenarios.folder);

/** Names of the stacks that come with the lab. */
export const stackNames = (): readonly string[] => namesIn(stacks.folder);

/** Names of the policy sets: stacks with the public defaults of other products. */
export const policySetNames = (): readonly string[] => namesIn(folderOf("stacks/policies"));

/** Names of the gateways of the league table: whole gateways of one process, among them programs of others. */
export const gatewayStackNames = (): readonly string[] => namesIn(folderOf("stacks/gateways"));

/** A file of a library, or one of the user's own. */
export interface SourceFile {
  readonly path: string;
  /** The path as messages show it: from the working directory. */
  readonly shown: string;
  readonly text: string;
  /** The texts that a stack which extends others was made of, its own first. */
  readonly parts?: readonly TextPart[];
}

/** A scenario by name or path. Throws LabError `refused`: `unknown_scenario`, `scenario_unreadable`. */
export const openScenario = (nameOrPath: string): SourceFile => open(scenarios, nameOrPath);

/** One name for one file, however it was typed. Throws LabError `refused`: `unknown_scenario`. */
export const scenarioNamed = (nameOrPath: string): string => named(scenarios, nameOrPath);

/** The same of a stack. Throws LabError `refused`: `unknown_stack`. */
export const stackNamed = (nameOrPath: string): string => named(stacks, nameOrPath);

/** The name in the library, or the path from the working directory. */
function named(library: Library, nameOrPath: string): string {
  const file = fileIn(library, nameOrPath, "");
  if (foldersOf(library).includes(path.join(path.dirname(file), path.sep))) return path.basename(file, ".yaml");
  const shown = path.relative(process.cwd(), file).split(path.sep).join("/");
  return looksLikePath(shown) ? shown : `./${shown}`;
}

const looksLikePath = (nameOrPath: string) => /[\\/]|\.ya?ml$/.test(nameOrPath);

/**
 * A stack by name or path, whole: with what it extends. Throws LabError `refused`: `unknown_stack`, `stack_unreadable`,
 * `stack_extends_itself`.
 */
export const openStack = (nameOrPath: string): SourceFile => whole(open(stacks, nameOrPath), []);

/** Stacks of stacks that a file may extend. */
const extendsMax = 4;

function whole(source: SourceFile, above: readonly string[]): SourceFile {
  const name = extendedName(source.text);
  if (name === null) return source;
  if (above.length === extendsMax || above.includes(source.path)) throw extendsItself(source);
  const base = whole(open(stacks, looksLikePath(name) ? path.resolve(path.dirname(source.path), name) : name, `, which ${source.shown} extends`), [...above, source.path]);
  const { shown, text } = source;
  return { ...source, text: extendedText(base.text, text), parts: [{ shown, text }, ...(base.parts ?? [base])] };
}

function extendsItself({ shown }: SourceFile): LabError {
  return new LabError({
    exit: "refused",
    code: "stack_extends_itself",
    message: `Cannot read the stack "${shown}": it extends itself, or more than ${extendsMax} stacks one after the other`,
    hint: "Let `extends` name a stack that stands by itself",
  });
}

/** `why`: what a message says of it after its name. */
function open(library: Library, nameOrPath: string, why = ""): SourceFile {
  const file = fileIn(library, nameOrPath, why);
  try {
    return { path: file, shown: path.relative(process.cwd(), file), text: readText(file, fileLimits.scenarioBytesMax) };
  } catch (error) {
    throw new LabError({
      exit: "refused",
      code: `${library.what}_unreadable`,
      message: `Cannot read the ${library.what} "${file}"${why}: ${messageOf(error)}`,
      hint: `Give a name that \`${library.command}\` lists, or a YAML file`,
      cause: error,
    });
  }
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .sort();
}

const foldersOf = ({ folder, more }: Library) => [folder, ...more];

function fileIn(library: Library, nameOrPath: string, why: string): string {
  const { what, command } = library;
  const known = foldersOf(library).map((each) => path.join(each, `${nameOrPath}.yaml`)).find((file) => existsSync(file));
  if (/^[\w.-]+$/.test(nameOrPath) && known !== undefined) return known;
  if (looksLikePath(nameOrPath)) return path.resolve(nameOrPath);
  throw new LabError({
    exit: "refused",
    code: `unknown_${what}`,
    message: `There is no ${what} "${nameOrPath}"${why}`,
    hint: `${meant(library, nameOrPath)}\`${command}\` lists the ${what}s; a path to a .yaml file works too`,
  });
}

/** What may have been meant: a name of the other library, a file of the user's own, or a name that is close. */
function meant(library: Library, name: string): string {
  const other = library === scenarios ? stacks : scenarios;
  if (foldersOf(other).flatMap(namesIn).includes(name)) return `"${name}" is a ${other.what}. `;
  const near = existsSync(`${name}.yaml`) ? [`./${name}.yaml`] : closest(name, foldersOf(library).flatMap(namesIn));
  return near.length > 0 ? `Did you mean ${near.join(" or ")}? ` : "";
}
