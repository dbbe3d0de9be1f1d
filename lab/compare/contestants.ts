import { LabError } from "../../kernel/errors.ts";
import { firstTwice } from "../../kernel/first-twice.ts";
import { openStack } from "../plan/library.ts";

/** A stack in a comparison, or a variant of one. */
export interface Contestant {
  /** How the comparison names it. */
  readonly label: string;
  /** A name of the library, or a path. */
  readonly stack: string;
  /** What is changed in the scenario and, after `stack.`, in the stack: `key=value`. */
  readonly sets: readonly string[];
}

/**
 * Who is compared. `list`: names or paths, `NAME=STACK` for a variant under a name of its own. A set `NAME:key=value`
 * changes the stack of that name alone; one without a name changes the scenario for all. Throws LabError `refused`:
 * `bad_option`, `unknown_stack`.
 */
export function contestantsOf(list: string, sets: readonly string[]): readonly Contestant[] {
  const named = list.split(",").map((part) => part.trim()).filter((part) => part !== "").map(labelled);
  const labels = named.map(({ label }) => label);
  const twice = firstTwice(labels);
  if (twice !== undefined) throw badOption(`"${twice}" is given twice in --stacks`, "Give a variant a name of its own: --stacks hardened,mine=hardened");
  if (named.length < 2) throw badOption(`A comparison needs two stacks, got ${named.length}`, "Write --stacks naive,hardened");
  for (const { stack } of named) openStack(stack);
  const own = sets.map((set) => ownSet(set, labels));
  const common = own.flatMap(({ label, set }) => (label === null ? [set] : []));
  return named.map(({ label, stack }) => ({ label, stack, sets: [...common, ...own.flatMap((each) => (each.label === label ? [`stack.${each.set}`] : []))] }));
}

function labelled(part: string): Pick<Contestant, "label" | "stack"> {
  const [, label, stack] = /^([\w.-]+)=(.+)$/.exec(part) ?? [];
  return label === undefined ? { label: part, stack: part } : { label, stack: stack! };
}

function ownSet(set: string, labels: readonly string[]): { readonly label: string | null; readonly set: string } {
  const label = labels.find((each) => set.startsWith(`${each}:`));
  if (label !== undefined) return { label, set: set.slice(label.length + 1) };
  const [, unknown] = /^([^=:]+):[^=]*=/.exec(set) ?? [];
  if (unknown !== undefined) throw badOption(`--set "${set}" is for "${unknown}", which is not in --stacks`, `--stacks has ${labels.join(", ")}`);
  return { label: null, set };
}

function badOption(message: string, hint: string): LabError {
  return new LabError({ exit: "refused", code: "bad_option", message: `Cannot compare: ${message}`, hint });
}
