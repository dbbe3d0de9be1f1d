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

/**
 * The problems of an issue: one for each unknown setting. For a union of shapes, that of the shape that the value is
 * nearest to.
 */
export function problemsOf(issue: Issue): readonly ConfigProblem[] {
  const { path, message, ...nearest } = innermost(issue);
  if (nearest.code !== "unrecognized_keys") return [{ path, message }];
  return nearest.keys.map((unknownKey) => ({ path, message: `Unrecognized key: "${unknownKey}"`, unknownKey }));
}

function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const nearest = issue.errors.find((issues) => issues.some(({ path }) => path.length > 0)) ?? [];
  const [inner] = nearest;
  return inner === undefined ? issue : innermost({ ...inner, path: [...issue.path, ...inner.path] });
}
