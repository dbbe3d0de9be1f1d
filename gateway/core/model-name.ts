/** Words with which the names of a vendor's models begin. */
const vendors: readonly RegExp[] = [
  /^(?:gpt|chatgpt|o\d|text|davinci)/,
  /^claude/,
  /^(?:gemini|gemma)/,
  /^(?:meta|llama)/,
  /^(?:mistral|mixtral|ministral|magistral|codestral|devstral|pixtral)/,
  /^(?:qwen|qwq)/,
  /^deepseek/,
  /^grok/,
  /^command/,
  /^(?:kimi|moonshot)/,
  /^glm/,
];

/** Words of a name that stands for whatever its vendor, or a router, chooses. */
const aliasWords: ReadonlySet<string> = new Set(["latest", "auto", "router", "default", "chat"]);

/** Aliases whose letters do not name their model, as their vendors document them. */
const documentedAliases: readonly (readonly [asked: RegExp, answered: RegExp])[] = [
  [/^gpt-4-turbo-preview$/, /^gpt-4-\d{4}-preview$/],
  [/^deepseek-reasoner$/, /^deepseek-/],
  [/^grok-code-fast$/, /^grok-code-fast-1(?:-\d{4})?$/],
  [/^grok-4-fast$/, /^grok-4-fast-reasoning$/],
  [/^grok-4[-.]1-fast$/, /^grok-4[-.]1-fast-reasoning$/],
];

/** Words that a snapshot's name may have besides its model's: a date, a release, a version. */
const snapshotWord = /^(?:\d{2,}|v\d+|preview|exp)$/;

/**
 * Whether an answer that names its model `answered` may be by the requested model `asked`. It is not where both names
 * follow a vendor's scheme and say different models: `gpt-4o` and `gpt-4o-mini`, `gpt-4o` and `claude-sonnet-4`.
 * Aliases are not contradictions: a snapshot, a name that stands for the latest, a deployment's own name (Azure), a
 * server that names its file. Of names that follow no known scheme, two that begin with the same word are taken for one
 * scheme.
 */
export function isByModel(answered: string, asked: string): boolean {
  if (answered === "") return asked === "";
  const [said, wanted] = [bareName(answered), bareName(asked)];
  if (said === wanted || isFile(answered)) return true;
  if (documentedAliases.some(([alias, model]) => alias.test(wanted) && model.test(said))) return true;
  const [saidWords, wantedWords] = [wordsOf(said), wordsOf(wanted)];
  if (wantedWords.some((word) => aliasWords.has(word))) return wantedWords.every((word) => aliasWords.has(word) || saidWords.includes(word));
  const vendor = vendorOf(wanted);
  if (vendor === undefined && saidWords[0] !== wantedWords[0]) return true;
  return vendor === vendorOf(said) && isSnapshot(saidWords, wantedWords);
}

/** What follows a name and says how to serve its model: a server's tag, OpenRouter's ways, the length of a context. */
const ways = /(?::(?:latest|free|nitro|floor|online|exacto|thinking|extended)|\[\d+[km]\])$/;

/** Lower case, without an owner (`openai/`) before it and a way of serving (`:latest`, `:nitro`, `[1m]`) after it. */
function bareName(name: string): string {
  return name.toLowerCase().replace(/^.*\//, "").replace(ways, "");
}

/** llama.cpp and LM Studio name the file that they serve, whatever they were asked for. */
function isFile(name: string): boolean {
  return name.startsWith("/") || /\.(?:gguf|ggml|safetensors|bin)$/i.test(name);
}

function vendorOf(name: string): RegExp | undefined {
  return vendors.find((vendor) => vendor.test(name));
}

function wordsOf(name: string): readonly string[] {
  return name.split(/[-_.:@\s]+/).filter((word) => word !== "");
}

/** The same words in any order, but for those of a snapshot, which the requested name need not have, and zeros. */
function isSnapshot(said: readonly string[], wanted: readonly string[]): boolean {
  const core = (words: readonly string[]) => words.filter((word) => !snapshotWord.test(word) && word !== "0").sort().join("-");
  return core(said) === core(wanted) && wanted.every((word) => word === "0" || said.includes(word));
}
