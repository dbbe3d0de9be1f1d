/**
 * Plain English-like sentences of letters only: no digits, names or addresses, so that a gateway's scrubbers leave them
 * alone and the digest that a provider sees is the one that the plan expects. Sentence `index` is one to one with its
 * words.
 */
const verbs = ["Explain", "Describe", "Summarise", "Compare", "Review", "Outline", "Justify", "Rewrite", "Translate", "Classify", "Discuss", "Simplify"];
const qualities = ["quiet", "careful", "sturdy", "narrow", "gentle", "modern", "patient", "golden", "hidden", "simple", "broken", "distant", "frozen", "hollow", "lively", "polite"];
const things = ["garden", "kettle", "bridge", "letter", "engine", "harbour", "ladder", "market", "blanket", "window", "orchard", "compass", "lantern", "saddle", "basket", "violin", "cottage", "anchor", "pillow"];
const links = ["beside", "without", "against", "under", "behind", "beyond", "despite", "within", "across", "before", "around"];
const purposes = ["a beginner", "a neighbour", "a committee", "a traveller", "a classroom", "a newsletter", "a customer", "a gardener", "a musician", "a planner", "a reader", "a builder", "a listener"];

const parts = [verbs, qualities, things, links, qualities, things, purposes] as const;

/** How many different sentences there are. */
export const sentenceCount = parts.reduce((product, words) => product * words.length, 1);

/**
 * A step that visits all sentences in an order that looks random: coprime to `sentenceCount` = 2^10 * 3 * 11 * 13 *
 * 19^2.
 */
const stride = 67_867_979;

/** The sentence of a number 0..sentenceCount-1; two numbers never give the same one. */
export function sentence(index: number): string {
  let rest = Number((BigInt(index) * BigInt(stride)) % BigInt(sentenceCount));
  const [verb, quality, thing, link, otherQuality, otherThing, purpose] = parts.map((words) => {
    const word = words[rest % words.length]!;
    rest = Math.floor(rest / words.length);
    return word;
  });
  return `${verb} the ${quality} ${thing} ${link} a ${otherQuality} ${otherThing} for ${purpose}`;
}
