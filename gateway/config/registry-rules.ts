import type { RuleViolation } from "./rule-violation.ts";
import type { PromptRegistry, RegisteredPrompt } from "../core/prompts/definition.ts";

/** References of the registry without a target, and duplicate names. */
export function promptViolations(registry: PromptRegistry, path = "registry"): readonly RuleViolation[] {
  const tools = registry.tools.map(({ name, version }) => `${name}@${version}`);
  return [
    ...repeated(tools, `${path}.tools`),
    ...repeated(registry.prompts.map(({ name }) => name), `${path}.prompts`),
    ...registry.prompts.flatMap((prompt, index) => problemsOf(prompt, tools, `${path}.prompts[${index}]`)),
  ];
}

function problemsOf(prompt: RegisteredPrompt, tools: readonly string[], path: string): readonly RuleViolation[] {
  const versions = prompt.versions.map(({ version }) => version);
  const current = versions.includes(prompt.current) ? [] : [{ path: `${path}.current`, message: `Prompt "${prompt.name}" has no version "${prompt.current}"` }];
  const unknownTools = prompt.versions.flatMap((version, index) =>
    version.tools.flatMap((tool, at) => (tools.includes(tool) ? [] : [{ path: `${path}.versions[${index}].tools[${at}]`, message: `No tool is registered as "${tool}"` }])),
  );
  const duplicateTools = prompt.versions.flatMap((version, index) => repeated(version.tools.map(toolName), `${path}.versions[${index}].tools`));
  return [...current, ...repeated(versions, `${path}.versions`), ...unknownTools, ...duplicateTools];
}

/** A request can hold only one tool of a name, whatever its version. */
function toolName(reference: string): string {
  return reference.slice(0, Math.max(0, reference.lastIndexOf("@")));
}

function repeated(names: readonly string[], path: string): readonly RuleViolation[] {
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    return first === index ? [] : [{ path: `${path}[${index}]`, message: `"${name}" is already at ${path}[${first}]` }];
  });
}
