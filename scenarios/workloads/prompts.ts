import { hash32 } from "../../kernel/hash.ts";
import { logNormal, seededRng } from "../../kernel/rng.ts";
import { sentence, sentenceCount } from "./sentences.ts";
import type { WorkloadShape } from "./workload.ts";

/** One thing that a team's users ask. No two teams share a prompt, so a prompt's digest names its team. */
export interface WorkloadPrompt {
  readonly intent: string;
  readonly team: string;
  readonly text: string;
  /** Words asked for; sent as `max_tokens`. */
  readonly words: number;
}

/** Each team's prompts, the most popular first. Throws `RangeError` when there are not enough sentences for all. */
export function makePrompts(workload: WorkloadShape, seed: number): ReadonlyMap<string, readonly WorkloadPrompt[]> {
  const teams = [...new Set(workload.cells.map((cell) => cell.team))];
  const { distinct } = workload.prompts;
  if (teams.length * distinct > sentenceCount) throw new RangeError(`${teams.length} teams x ${distinct} prompts exceed ${sentenceCount} sentences`);
  const first = hash32(`prompts/${seed}`) % sentenceCount;
  return new Map(
    teams.map((team, teamIndex) => {
      const lengths = seededRng(seed, `words/${team}`);
      const prompts = Array.from({ length: distinct }, (_, rank) => ({
        intent: `${team}-${rank}`,
        team,
        text: sentence((first + teamIndex * distinct + rank) % sentenceCount),
        words: clamp(Math.round(logNormal(lengths, workload.maxTokens.median, workload.maxTokens.sigma)), workload.maxTokens),
      }));
      return [team, prompts];
    }),
  );
}

const clamp = (value: number, limits: { readonly min: number; readonly max: number }) => Math.min(limits.max, Math.max(limits.min, value));
