import { cutAfter, refusal, type Script, type Step, streamed } from "../../gateway/core/testing/scripts.ts";
import { seededRng, type Rng } from "../../kernel/rng.ts";

export const text = Array.from({ length: 20 }, (_, index) => `word${index + 1}`).join(" ");
/** What a fallback that words it otherwise says. */
export const otherText = `Quite ${text}`;
export const models = { openai: "gpt-broken", anthropic: "claude-broken", gemini: "gemini-broken", openai_compatible: "deep-broken" } as const;
export type Side = keyof typeof models;
export const sides = ["openai", "anthropic", "gemini", "openai_compatible"] as const;
/** Each side's fallback. */
export const fallbackOf = { openai: "anthropic", anthropic: "gemini", gemini: "openai_compatible", openai_compatible: "openai" } as const;

/** More than any stream here has. */
const eventsMax = 27;

const endings: readonly (readonly Step[])[] = [
  [],
  [{ fail: "reset" }],
  [{ fail: "closed_early" }],
  ["hang"],
  [{ text: "data: {broken\n\n" }],
  [{ text: "data: [1, 2]\n\n" }],
  [{ text: ": \u0000\u0007 noise\n\nevent: ?\ndata\n\n" }],
  [{ text: "<html>" }, { fail: "closed_early" }],
  [{ text: 'data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n' }],
];

const fallbacks = ["continues", "replays", "breaks too", "refuses", "says something else"] as const;

/** What happens to one request. */
export interface BrokenStream {
  /** Whose deployment is asked first; the other is the fallback. */
  readonly first: Side;
  readonly fallback: (typeof fallbacks)[number];
  readonly breakFirst: (whole: Script) => Script;
  readonly breakSecond: (whole: Script) => Script;
}

const pick = <T>(rng: Rng, values: readonly T[]) => values[Math.floor(rng.next() * values.length)]!;

/** The `index`-th: every token index in turn, and every ending at each. */
export function brokenStream(index: number): BrokenStream {
  const rng = seededRng(index, "truncation");
  const [events, ending] = [index % eventsMax, endings[Math.floor(index / eventsMax) % endings.length]!];
  const [secondEvents, secondEnding] = [Math.floor(rng.next() * eventsMax), pick(rng, endings)];
  return {
    first: pick(rng, sides),
    fallback: pick(rng, fallbacks),
    breakFirst: (whole) => cutAfter(whole, events, ...ending),
    breakSecond: (whole) => cutAfter(whole, secondEvents, ...secondEnding),
  };
}

/** What the deployment of `side` does with an attempt; `prefix`: the text of a closing assistant message, or null. */
export function scriptOf({ first, fallback, breakFirst, breakSecond }: BrokenStream, side: Side, prefix: string | null): Script {
  const stream = (answer: string) => streamed(side, models[side], answer, { firstMs: 1, gapMs: 1 });
  if (side === first) return breakFirst(stream(text.slice(prefix?.length ?? 0)));
  if (fallback === "refuses" || (fallback === "says something else" && prefix !== null)) return refusal(400, "prefill_not_supported");
  if (fallback === "says something else") return stream(otherText);
  /** One that says it continues, and begins anew: seen for what it is from sixteen characters on. */
  const beginsAnew = fallback === "replays" && (prefix?.length ?? 0) >= 16;
  const whole = stream(prefix !== null && !beginsAnew ? text.slice(prefix.length) : text);
  return fallback === "breaks too" ? breakSecond(whole) : whole;
}
