/**
 * What a deployment must show to be the one that it is said to be. Patterns are regular expressions that must match
 * somewhere.
 */
export interface ExpectedIdentity {
  readonly model?: string;
  readonly idPattern?: string;
  /** Of the text of its answer: the lab's stacks give the pattern of a simulator's mark here. */
  readonly answerPattern?: string;
  readonly endpointHost?: string;
  /** Declared: nothing about it can be verified, and a push passes without. */
  readonly unverifiable?: boolean;
}

/** What the answer to a known question showed. Null: the answer has no such thing. */
export interface ObservedIdentity {
  readonly model: string | null;
  readonly id: string | null;
  readonly answer: string | null;
  readonly endpointHost: string;
}

export interface IdentityResult {
  readonly deployment: string;
  readonly result: "confirmed" | "contradicted" | "unverifiable";
  readonly reason: string;
  /** Whether a push passes with this result. */
  readonly passes: boolean;
}

/**
 * `observed` null: no answer came, for `reason`. One piece of evidence that contradicts outweighs all that confirms.
 */
export function judgeIdentity(deployment: string, expected: ExpectedIdentity | undefined, observed: ObservedIdentity | null, reason = "it gave no answer"): IdentityResult {
  const of = (result: IdentityResult["result"], why: string) => ({ deployment, result, reason: why, passes: result === "confirmed" || (result === "unverifiable" && expected?.unverifiable === true) });
  if (expected === undefined) return of("unverifiable", "its identity is not set: npx blastlab gateway identity");
  const wanted = wantedOf(expected);
  if (observed === null) return of("unverifiable", reason);
  if (wanted.length === 0) return of("unverifiable", expected.unverifiable === true ? "declared unverifiable" : "its identity names no evidence");
  const found = wanted.map(({ name, of: field, pattern }) => ({ name, pattern, value: observed[field] }));
  const wrong = found.find(({ pattern, value }) => value !== null && !pattern.test(value));
  if (wrong !== undefined) return of("contradicted", `${wrong.name} is ${JSON.stringify(wrong.value!.slice(0, 80))}`);
  const missing = found.find(({ value }) => value === null);
  if (missing !== undefined) return of("unverifiable", `the answer has no ${missing.name}`);
  return of("confirmed", found.map(({ name }) => name).join(", "));
}

interface Wanted {
  readonly name: string;
  readonly of: keyof ObservedIdentity;
  readonly pattern: RegExp;
}

function wantedOf({ model, idPattern, answerPattern, endpointHost }: ExpectedIdentity): readonly Wanted[] {
  const matching = (name: string, of: keyof ObservedIdentity, text: string | undefined) => (text === undefined ? [] : [{ name, of, pattern: new RegExp(text) }]);
  const exactly = (name: string, of: keyof ObservedIdentity, text: string | undefined) => matching(name, of, text === undefined ? undefined : `^${text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);
  return [
    ...exactly("endpoint host", "endpointHost", endpointHost),
    ...exactly("model", "model", model),
    ...matching("id", "id", idPattern),
    ...matching("answer", "answer", answerPattern),
  ];
}
