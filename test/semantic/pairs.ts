import { hashUnit } from "../../kernel/hash.ts";
import { nearMissesByHand, paraphrasesByHand } from "./by-hand.ts";
import { calibrateNearMisses, calibrateParaphrases } from "./calibrate.ts";
import { calibrateNearMissesTwo, calibrateParaphrasesTwo } from "./calibrate-two.ts";
import type { NearMissFamily, ParaphraseFamily } from "./families.ts";
import { judgeNearMisses, judgeParaphrases } from "./judge.ts";

/** Two questions, and whether one's answer may be given for the other. */
export interface Pair {
  readonly label: "paraphrase" | "near-miss";
  /** The half that sets the threshold, or the half that judges. */
  readonly half: "calibrate" | "judge";
  readonly family: string;
  readonly a: string;
  readonly b: string;
}

/**
 * All pairs, in a fixed order. A near-miss is one wording filled in two ways, or two wordings of a paraphrase family
 * filled in differently; a paraphrase is two wordings filled in alike.
 */
export function buildPairs(): readonly Pair[] {
  const pairs = [
    ...[...calibrateNearMisses, ...calibrateNearMissesTwo].flatMap((family) => missesOf(family, "calibrate")),
    ...[...calibrateParaphrases, ...calibrateParaphrasesTwo].flatMap((family) => bothOf(family, "calibrate")),
    ...byHand("near-miss", nearMissesByHand),
    ...byHand("paraphrase", paraphrasesByHand),
    ...judgeNearMisses.flatMap((family) => missesOf(family, "judge")),
    ...judgeParaphrases.flatMap((family) => bothOf(family, "judge")),
  ];
  return [...new Map(pairs.map((each) => [`${each.a}\t${each.b}`, each])).values()];
}

function missesOf({ name: family, ways, fill }: NearMissFamily, half: Pair["half"]): readonly Pair[] {
  return ways.flatMap((way) => twos(fill).map(([x, y]): Pair => ({ label: "near-miss", half, family, a: filled(way, x), b: filled(way, y) })));
}

function bothOf({ name: family, ways, fill }: ParaphraseFamily, half: Pair["half"]): readonly Pair[] {
  const misses = twos(fill).flatMap(([x, y]): readonly Pair[] => {
    const [first, second] = [drawn(ways, family, x, y), drawn(ways, family, y, x)];
    const near = { label: "near-miss", half, family, a: filled(first, x) } as const;
    return [{ ...near, b: filled(first, y) }, { ...near, b: filled(second, y) }];
  });
  const alike = fill.flatMap((x) => twos(ways).map(([one, other]): Pair => ({ label: "paraphrase", half, family, a: filled(one, x), b: filled(other, x) })));
  return [...misses, ...alike];
}

/** One line a pair, tab-separated: what is committed and read by people. */
export function pairLines(pairs: readonly Pair[]): string {
  return pairs.map(({ label, half, family, a, b }) => `${label}\t${half}\t${family}\t${a}\t${b}\n`).join("");
}

/** Pairs written one by one were at hand while the vocabulary was made. */
function byHand(label: Pair["label"], lines: string): readonly Pair[] {
  return lines.trim().split("\n").map((line) => {
    const [a, b] = line.split("|").map((part) => part.trim());
    return { label, half: "calibrate", family: "by-hand", a: a!, b: b! };
  });
}

function drawn(ways: readonly string[], ...parts: readonly string[]): string {
  return ways[Math.floor(hashUnit("way", ...parts) * ways.length)]!;
}

function filled(way: string, filling: string): string {
  return way.replace("{}", filling);
}

function twos<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((one, index) => items.slice(index + 1).map((other) => [one, other] as const));
}
