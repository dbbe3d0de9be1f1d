import { ratesOf, type Rates, type Scored } from "./score.ts";

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

/** The result as a page: docs/results/semantic-cache.md, which the test holds to what it measures. */
export function semanticReport(pairs: readonly Scored[], threshold: number): string {
  const halves = { calibrate: pairs.filter(({ half }) => half === "calibrate"), judge: pairs.filter(({ half }) => half === "judge") };
  const judges: readonly (readonly [string, (pair: Scored) => boolean])[] = [
    ["cosine alone", ({ similarity }) => similarity >= threshold],
    ["veto alone", ({ vetoed }) => !vetoed],
    ["both: the cache", ({ similarity, vetoed }) => similarity >= threshold && !vetoed],
  ];
  const rows = Object.entries(halves).flatMap(([half, scored]) => judges.map(([name, isHit]) => row(half, name, ratesOf(scored, isHit))));
  const falseHits = halves.judge.filter((pair) => pair.label === "near-miss" && !pair.vetoed && pair.similarity >= threshold);
  return `# The semantic cache's false hits and recall

Written by \`UPDATE=1 npx vitest run test/semantic-cache.test.ts\`; the same test fails when a figure here is no longer what it measures. Nothing in
it is random or timed: the embedder is a pure function.

The embedded embedder (\`lexical/2\`, no download) with its strict veto, at a cosine of at least **${threshold}**. Intervals are Wilson's, 95 %.

| half | judged by | near-misses | false hits | upper bound | paraphrases | hits | recall |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}

False hits of the judging half: ${falseHits.length === 0 ? "none" : falseHits.map(({ a, b }) => `*${a}* / *${b}*`).join("; ")}.

## How the pairs were made

\`test/semantic/pairs.tsv\`, all of them, one a line: label, half, family, two questions. \`test/semantic/pairs.ts\` makes it, without chance, from what was
written by hand: ${pairs.filter(({ family }) => family === "by-hand").length} single pairs (\`by-hand.ts\`), and families of wordings with fillings (\`calibrate*.ts\`, \`judge.ts\`). A paraphrase is two wordings of a
family with one filling; a near-miss is one wording with two fillings, or two wordings with two fillings. Families of near-misses were chosen for what misleads
embedders: other numbers, names, units, dates, negations, opposites, swapped roles, prepositions, tenses, question words, signs of code.

Vocabulary, veto and threshold were made with the calibrating half. The threshold is ${threshold}: the lowest in steps of 0.01, from 0.8 up, without a false hit there, and 0.05 more.
The judging half was written after, in other families on other topics (everyday wordings such as *what is ..?* are in both), and its pairs were not looked at while anything
was changed. Reservations: a first judging half showed 6 false hits among 1,639 near-misses (lettered names such as *hepatitis a*, *never* taken for *not*); it was looked at, the causes were corrected, and it became part of the
calibrating half. The second one's **count** was seen once at 4 before two defects that pairs of the calibrating half showed were corrected. A hostile reading of the code, outside both halves, then found kinds of near-miss that neither
has: signs and marks of a sentence (*-5*, *.5*, *5!*, *;*), exponents, indentation, capitals of units (*mW*, *MW*), *plane* taken for *plan*, *wine glass* for *glass of wine*, *guide dog* for
*dog*, *tell me a joke* for *what is a joke*, *translate hi* for *translate hello*. They are vetoed since, held by unit tests, and cost the judging half three points of recall (it was 55.07 %). Known to remain: a plural that
means something else (*windows*, *window*) and single letters in capitals (*C*, *c*). And all pairs have one author, so
the figures say how the cache does on careful, short, English questions, not on a company's own traffic: with a semantic cache on, watch \`cache\` in the events.

## What it means

The veto does the work: a word that the vocabulary does not know to be harmless is taken to carry the meaning, and must be on both sides. The cosine alone
would be unfit. What is found are rewordings that share their words or that the tables list; two wordings without a word in common are a miss, by design.
`;
}

function row(half: string, judge: string, rates: Rates): string {
  const cells = [half, judge, rates.nearMisses, rates.falseHits, percent(rates.falseHitsUpper), rates.paraphrases, rates.hits, percent(rates.recall)];
  return `| ${cells.join(" | ")} |`;
}
