import type { z } from "zod";
import { didYouMean } from "./closest.ts";
import { fieldOf, nodesAt, type SchemaNode } from "./schema-node.ts";

/** Something wrong with a file, and where. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The field of `path` that nobody knows; absent: another kind of problem. */
  readonly unknownKey?: string;
}

type Issue = z.core.$ZodIssue;

/**
 * The issues of a value as problems: one for each unknown field; of a union of shapes those of the shape that the value
 * is nearest to.
 */
export function problemsOf(issues: readonly Issue[]): readonly Problem[] {
  return issues.flatMap(innermost).flatMap((issue): readonly Problem[] => {
    const { path, message } = issue;
    if (issue.code !== "unrecognized_keys") return [{ path, message }];
    return issue.keys.map((unknownKey) => ({ path, message: `Unrecognized key: "${unknownKey}"`, unknownKey }));
  });
}

function innermost(issue: Issue): readonly Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const nearest = issue.errors.find((issues) => issues.some(({ code, path }) => path.length > 0 || code === "unrecognized_keys")) ?? [];
  if (nearest.length === 0) return [issue];
  return nearest.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
}

/**
 * The problem with what was meant, or with what there is to choose from. `value` is the whole that `schema` describes.
 */
export function withSuggestion(problem: Problem, schema: SchemaNode, value: unknown): Problem {
  const { path, unknownKey } = problem;
  const nodes = nodesAt(schema, path, value);
  if (unknownKey !== undefined) {
    const fields = [...new Set(nodes.flatMap(({ properties }) => Object.keys(properties ?? {})))];
    return fields.length === 0 ? problem : { ...problem, message: `${problem.message}. ${didYouMean(unknownKey, fields, `There is ${fields.join(", ")}`)}` };
  }
  const found = path.reduce<unknown>(fieldOf, value);
  const choices = [...new Set(nodes.flatMap((node) => [...(node.enum ?? []), ...(node.const === undefined ? [] : [node.const])]))].map(String);
  if (choices.length > 0 && !choices.includes(String(found))) return { ...problem, message: choiceText(problem.message, found, choices) };
  if (found == null) return { ...problem, message: problem.message.replace(/^Invalid input: (.*?)(?:, received (?:undefined|null))?$/, `${found === null ? "Is empty" : "Is missing"}: $1`) };
  return problem;
}

function choiceText(message: string, found: unknown, choices: readonly string[]): string {
  const generic = /^Invalid (option|input|discriminator)/.test(message);
  const listed = `${generic ? "Expected one of" : `${message}:`} ${choices.join(", ")}`;
  const suggestion = typeof found === "string" ? didYouMean(found, choices, "") : "";
  return suggestion === "" ? listed : `${listed}. ${suggestion}`;
}
