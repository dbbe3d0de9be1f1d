import { hashUnit } from "../../kernel/hash.ts";
import type { WrongKind } from "../../kernel/judgement.ts";
import { answerWord, decodeWord, encodeClose, encodeOpen, nameLetters, type Mark } from "../../kernel/mark.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { ClientRecord, RunRecords } from "../../kernel/records.ts";

/** The whole answer that a request got, taken apart. */
interface Whole {
  readonly record: ClientRecord;
  readonly words: readonly string[];
  readonly mark: Mark;
}

interface Others {
  readonly plan: Plan;
  /** Whole answers to all requests. */
  readonly answers: readonly Whole[];
}

type Rewrite = (answer: Whole, others: Others) => string | null;

const share = 0.4;

const text = (mark: Mark, count: number): string => [encodeOpen(mark, 1), ...Array.from({ length: count }, (_, index) => answerWord(mark.digest, index + 1)), encodeClose(mark, count)].join(" ");
const middle = ({ words }: Whole) => Math.floor(words.length / 2);
const remarked = (change: Partial<Mark>): Rewrite => ({ mark, words }) => text({ ...mark, ...change }, words.length - 2);
const textOf = (other: Whole | undefined): string | null => other?.words.join(" ") ?? null;

/**
 * How each kind of wrong answer comes about: what a gateway that is sick in this way would deliver. Null: not for this
 * request.
 */
const rewrites: Readonly<Record<WrongKind, Rewrite>> = {
  no_mark: () => "an answer that no provider of this run has given",
  mixed_marks: (answer, { answers }) => {
    const other = answers.find(({ mark }) => mark.answerId !== answer.mark.answerId);
    return other === undefined ? null : [...answer.words.slice(0, -1), other.words.at(-1)!].join(" ");
  },
  lost: (answer) => answer.words.toSpliced(middle(answer), 1).join(" "),
  doubled: (answer) => answer.words.toSpliced(middle(answer), 0, answer.words[middle(answer)]!).join(" "),
  foreign_word: (answer) => answer.words.with(middle(answer), "lorem").join(" "),
  cross_tenant: ({ record }, { answers }) => textOf(answers.findLast((other) => other.record.team !== record.team && other.record.endMs <= record.endMs)),
  foreign_answer: ({ record }, { answers }) => textOf(answers.findLast((other) => other.record.team === record.team && other.record.requestId !== record.requestId && other.record.endMs <= record.endMs)),
  other_intent: ({ record, mark }, { plan }) => {
    const own = plan.prompts.find(({ digest }) => digest === mark.digest);
    const other = plan.prompts.find(({ teams, intent }) => teams.includes(record.team) && intent !== own?.intent);
    return other === undefined ? null : text({ ...mark, digest: other.digest }, other.words);
  },
  transformed: remarked({ digest: "a".repeat(16) }),
  wrong_provider: remarked({ deployment: nameLetters("other") }),
  wrong_model: remarked({ model: nameLetters("a model of nobody") }),
};

/**
 * Delivers wrong answers of one kind to two requests in five of those that got a whole answer of their own in the span,
 * as a sick gateway would. Returns the records, and the requests that were hit: the ground truth.
 */
export function withWrongAnswers(kind: WrongKind, { plan, records }: { readonly plan: Plan; readonly records: RunRecords }, span: { readonly fromMs: number; readonly toMs: number }): { readonly records: RunRecords; readonly hit: ReadonlySet<string> } {
  const answers = records.client.flatMap((record) => wholeOf(record)).sort((a, b) => a.record.endMs - b.record.endMs);
  const others = { plan, answers };
  const rewritten = new Map<string, string>();
  for (const answer of answers) {
    const { requestId, route, sentMs, endMs } = answer.record;
    if (route === "elsewhere" || sentMs === null || sentMs < span.fromMs || endMs > span.toMs || hashUnit("spoil", requestId) >= share) continue;
    const wrong = rewrites[kind](answer, others);
    if (wrong !== null) rewritten.set(requestId, wrong);
  }
  const client = records.client.map((record) => ({ ...record, text: rewritten.get(record.requestId) ?? record.text }));
  return { records: { ...records, client }, hit: new Set(rewritten.keys()) };
}

/** Null where the answer is not whole and of one leg. */
function wholeOf(record: ClientRecord): readonly Whole[] {
  const words = record.text.split(" ");
  const [open, close] = [decodeWord(words[0] ?? ""), decodeWord(words.at(-1) ?? "")];
  const isOfOne = words.slice(1, -1).every((word) => decodeWord(word)?.kind === "word");
  return record.end === "complete" && open?.kind === "open" && close?.kind === "close" && isOfOne ? [{ record, words, mark: open.mark }] : [];
}
