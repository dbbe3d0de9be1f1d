import { parseStack } from "../../../scenarios/parse.ts";
import { paintFor } from "../../board/paint.ts";
import { gatewayStackNames, openStack, policySetNames, stackNames } from "../../plan/library.ts";
import { defaultStack } from "../../plan/resolve-run.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

/** `blastlab stacks`: name and title of each, then the policy sets and the gateways of the league table. */
export function stacksCommand({ json = false }: { readonly json?: boolean }, io: Io): void {
  const stacks = [...stackNames(), ...policySetNames(), ...gatewayStackNames()].map((name) => {
    const { text, shown } = openStack(name);
    const { title, description, regions, replicas, follows } = parseStack(text, shown);
    return { name, title, description, regions, replicas, isDefault: name === defaultStack, ...(follows === undefined ? {} : { follows }) };
  });
  if (json) return writeJson(io, stacks);
  const paint = paintFor(io.stdout);
  const width = Math.max(...stacks.map(({ name }) => name.length));
  const lines = stacks.map(({ name, title, isDefault }) => `${paint.bold(name.padEnd(width))}  ${title}${isDefault ? paint.dim(" (unless another is named)") : ""}`);
  writeLines(io, [...lines, "", "Its file: npx blastlab stacks show NAME", "Use it:   npx blastlab run SCENARIO --stack NAME"]);
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
