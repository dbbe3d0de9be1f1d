import type { z } from "zod";
import type { RuleViolation } from "./rule-violation.ts";

export type ConfigPath = readonly PropertyKey[];

/** A problem of a config, and its place. */
export interface ConfigProblem {
  readonly path: ConfigPath;
  readonly message: string;
  /** The unknown setting at `path`; absent: another kind of problem. */
  readonly unknownKey?: string;
}

type Issue = z.core.$ZodIssue;

/** What a reader of settings returns: the settings, or all that is wrong with them. */
export type Resolution<T> = { readonly ok: T } | { readonly problems: readonly ConfigProblem[] };

/** `routes[1].deployments[0]`; `(root)` for the whole. */
export function pathText(path: ConfigPath): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return text === "" ? "(root)" : text.replace(/^\./, "");
}

/** The problem of a violated rule. */
export function problemOfRule({ path, message }: RuleViolation): ConfigProblem {
  return { path: parsePath(path), message };
}

/** The path that `pathText` prints. */
function parsePath(text: string): ConfigPath {
  return [...text.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** The problem of an issue. For a union of shapes, that of the shape that the value is nearest to. */
export function problemOf(issue: Issue): ConfigProblem {
  const nearest = innermost(issue);
  const [unknownKey] = nearest.code === "unrecognized_keys" ? nearest.keys : [];
  return { path: nearest.path, message: nearest.message, ...(unknownKey !== undefined && { unknownKey }) };
}

function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const nearest = issue.errors.find((issues) => issues.some(({ path }) => path.length > 0)) ?? [];
  const [inner] = nearest;
  return inner === undefined ? issue : innermost({ ...inner, path: [...issue.path, ...inner.path] });
}
