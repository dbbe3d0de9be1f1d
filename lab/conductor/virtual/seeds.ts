import { LabError } from "../../../kernel/errors.ts";

/** More than anybody waits for. */
const seedsMax = 1_000;

/**
 * The seeds of an option `--seeds`: `20` is 1 to 20; `1..20` and `1,3,7..9` name them, each once, in their order.
 * Throws LabError `refused` `bad_option`.
 */
export function seedsOf(text: string): readonly number[] {
  const seeds = /^\d+$/.test(text) ? listed(`1..${text}`) : listed(text);
  if (seeds === null) {
    throw new LabError({ exit: "refused", code: "bad_option", message: `Cannot read --seeds "${text}"`, hint: `Write --seeds 20 for seeds 1 to 20, --seeds 21..40, or --seeds 1,5,9: at most ${seedsMax} of them` });
  }
  return seeds;
}

function listed(list: string): readonly number[] | null {
  const parts = list.split(",").map((part) => /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(part.trim()));
  const seeds = new Set<number>();
  for (const part of parts) {
    if (part === null) return null;
    const from = Number(part[1]);
    const to = Number(part[2] ?? part[1]);
    if (to < from || to - from >= seedsMax) return null;
    for (let seed = from; seed <= to; seed++) seeds.add(seed);
  }
  return seeds.size > seedsMax ? null : [...seeds];
}
