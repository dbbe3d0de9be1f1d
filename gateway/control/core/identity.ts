/** What a deployment must show to be the one that it is said to be. Patterns are regular expressions that must match somewhere. */
export interface ExpectedIdentity {
  readonly model?: string;
  readonly idPattern?: string;
  /** Of the text of its answer: the lab's stacks give the pattern of a simulator's mark here. */
  readonly answerPattern?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly endpointHost?: string;
  /** Declared: nothing about it can be verified, and a push passes without. */
  readonly unverifiable?: boolean;
}

/** What the answer to a known question showed. Null: the answer has no such thing. */
export interface ObservedIdentity {
  readonly model: string | null;
  readonly id: string | null;
  readonly answer: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly endpointHost: string;
}

export interface IdentityResult {
  readonly deployment: string;
  readonly result: "confirmed" | "contradicted" | "unverifiable";
  readonly reason: string;
  /** Whether a push passes with this result. */
  readonly passes: boolean;
}

/** `observed` null: no answer came, for `reason`. One piece of evidence that contradicts outweighs all that confirms. */
export function judgeIdentity(deployment: string, expected: ExpectedIdentity | undefined, observed: ObservedIdentity | null, reason = "it gave no answer"): IdentityResult {
  const of = (result: IdentityResult["result"], why: string) => ({ deployment, result, reason: why, passes: result === "confirmed" || (result === "unverifiable" && expected?.unverifiable === true) });
  if (expected === undefined) return of("unverifiable", "its identity is not set: blastlab gateway identity");
  const wanted = wantedOf(expected);
  if (observed === null) return of("unverifiable", reason);
  if (wanted.length === 0) return of("unverifiable", expected.unverifiable === true ? "declared unverifiable" : "its identity names no evidence");
  const found = wanted.map(({ name, pattern }) => ({ name, pattern, value: valueOf(name, observed) }));
  const wrong = found.find(({ pattern, value }) => value !== null && !pattern.test(value));
  if (wrong !== undefined) return of("contradicted", `${wrong.name} is ${JSON.stringify(wrong.value!.slice(0, 80))}`);
  const missing = found.find(({ value }) => value === null);
  if (missing !== undefined) return of("unverifiable", `the answer has no ${missing.name}`);
  return of("confirmed", found.map(({ name }) => name).join(", "));
}

interface Wanted {
  readonly name: string;
  readonly pattern: RegExp;
}

function wantedOf({ model, idPattern, answerPattern, headers = {}, endpointHost }: ExpectedIdentity): readonly Wanted[] {
  const exactly = (name: string, text: string | undefined) => (text === undefined ? [] : [{ name, pattern: new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`) }]);
  const matching = (name: string, text: string | undefined) => (text === undefined ? [] : [{ name, pattern: new RegExp(text) }]);
  return [
    ...exactly("endpoint host", endpointHost),
    ...exactly("model", model),
    ...matching("id", idPattern),
    ...matching("answer", answerPattern),
    ...Object.entries(headers).flatMap(([name, text]) => matching(`header ${name.toLowerCase()}`, text)),
  ];
}

function valueOf(name: string, observed: ObservedIdentity): string | null {
  if (name === "endpoint host") return observed.endpointHost;
  if (name === "model" || name === "id" || name === "answer") return observed[name];
  return observed.headers[name.slice("header ".length)] ?? null;
}
