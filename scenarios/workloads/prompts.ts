import { hash32 } from "../../kernel/hash.ts";
import { logNormal, seededRng, type Rng } from "../../kernel/rng.ts";
import { sentence, sentenceCount } from "./sentences.ts";
import type { WorkloadShape } from "./workload.ts";

const charactersOfToken = 4;
/** The shortest sentence is longer. */
const sentenceLengthMin = 20;

/** One thing that a team's users ask. No two teams share a prompt, so a prompt's digest names its team. */
export interface WorkloadPrompt {
  readonly intent: string;
  readonly team: string;
  readonly text: string;
  /** Words asked for; sent as `max_tokens`. */
  readonly words: number;
}

/**
 * Each team's prompts that are asked again, the most popular first. Throws `RangeError` when there are not enough
 * sentences for all.
 */
export function makePrompts(workload: WorkloadShape, seed: number): ReadonlyMap<string, readonly WorkloadPrompt[]> {
  const teams = teamsOf(workload);
  const { distinct } = workload.prompts;
  if (teams.length * distinct > sentenceCount) throw new RangeError(`${teams.length} teams x ${distinct} prompts exceed ${sentenceCount} sentences`);
  const first = firstOf(seed);
  return new Map(
    teams.map((team, teamIndex) => {
      const lengths = seededRng(seed, `words/${team}`);
      const prompts = Array.from({ length: distinct }, (_, rank) => ({
        intent: `${team}-${rank}`,
        team,
        text: sentence((first + teamIndex * distinct + rank) % sentenceCount),
        words: wordsOf(workload, lengths),
      }));
      return [team, prompts];
    }),
  );
}

/** What the `number`-th request asks that nobody else asks: none of `makePrompts`, and no two are equal. */
export function uniquePrompt(workload: WorkloadShape, seed: number, number: number): Pick<WorkloadPrompt, "text" | "words"> {
  const at = firstOf(seed) + teamsOf(workload).length * workload.prompts.distinct + number;
  return { text: sentence(at % sentenceCount), words: wordsOf(workload, seededRng(seed, `words/unique/${number}`)) };
}

/** The prefixes that requests share. Each text is made of sentences, and no two begin alike. */
export function makePrefixes({ prompts: { prefixes } }: WorkloadShape, seed: number): readonly string[] {
  if (prefixes === undefined) return [];
  const { distinct, tokens } = prefixes;
  const first = hash32(`prefixes/${seed}`) % sentenceCount;
  const sentencesOf = Math.ceil((tokens * charactersOfToken) / sentenceLengthMin);
  return Array.from({ length: distinct }, (_, prefix) => {
    const sentences = Array.from({ length: sentencesOf }, (_, index) => sentence((first + prefix * sentencesOf + index) % sentenceCount));
    return `${sentences.join(". ").slice(0, tokens * charactersOfToken - 2)}. `;
  });
}

const teamsOf = ({ cells }: WorkloadShape) => [...new Set(cells.map(({ team }) => team))];

const firstOf = (seed: number) => hash32(`prompts/${seed}`) % sentenceCount;

const wordsOf = ({ maxTokens }: WorkloadShape, rng: Rng) => clamp(Math.round(logNormal(rng, maxTokens.median, maxTokens.sigma)), maxTokens);

const clamp = (value: number, limits: { readonly min: number; readonly max: number }) => Math.min(limits.max, Math.max(limits.min, value));
