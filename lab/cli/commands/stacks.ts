import { parseStack } from "../../../scenarios/parse.ts";
import { paintFor } from "../../board/paint.ts";
import { gatewayStackNames, openStack, policySetNames, stackNames } from "../../plan/library.ts";
import { defaultStack } from "../../plan/resolve-run.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

/** The default first, then those that others are made of. */
const rank = (name: string) => (name === defaultStack ? 0 : name.includes("-without-") ? 2 : 1);

/** In the order of the list, each with its heading. */
const groups = [
  ["The lab's own", () => stackNames().toSorted((a, b) => rank(a) - rank(b))],
  ["Policies of other products, on the reference gateway", policySetNames],
  ["Whole gateways of one process", gatewayStackNames],
] as const;

/** `blastlab stacks`: name and title of each, by group. */
export function stacksCommand({ json = false }: { readonly json?: boolean }, io: Io): void {
  const grouped = groups.map(([heading, names]) => [heading, names().map(describe)] as const);
  const stacks = grouped.flatMap(([, group]) => group);
  if (json) return writeJson(io, stacks);
  const paint = paintFor(io.stdout);
  const width = Math.max(...stacks.map(({ name }) => name.length));
  const line = ({ name, title, isDefault }: (typeof stacks)[number]) => `${paint.bold(name.padEnd(width))}  ${title}${isDefault ? paint.dim(" (unless another is named)") : ""}`;
  const sections = grouped.flatMap(([heading, group]) => [paint.dim(heading), ...group.map(line), ""]);
  writeLines(io, [...sections, "Its file:    npx blastlab stacks NAME", "Use it:      npx blastlab run SCENARIO --virtual --stack NAME", "Compare two: npx blastlab compare SCENARIO --stacks NAME,NAME"]);
}

function describe(name: string) {
  const { text, shown } = openStack(name);
  const { title, description, regions, replicas, follows } = parseStack(text, shown);
  return { name, title, description, regions, replicas, isDefault: name === defaultStack, ...(follows === undefined ? {} : { follows }) };
}

/**
 * `blastlab stacks show NAME`: the file as it is, which its comments explain. Throws LabError `unknown_stack`,
 * `stack_invalid`.
 */
export function showStackCommand(name: string, { json = false }: { readonly json?: boolean }, io: Io): void {
  const { text, shown } = openStack(name);
  const stack = parseStack(text, shown);
  if (json) writeJson(io, stack);
  else io.stdout.write(text);
}
