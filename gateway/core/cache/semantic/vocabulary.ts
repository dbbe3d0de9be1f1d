/**
 * The English that the lexical embedder knows. Unknown words carry meaning: a missing entry costs a hit, never an
 * answer.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Without meaning wherever they stand: articles, the person who asks, auxiliaries of the present, fillers. */
export const emptyWords: ReadonlySet<string> = new Set(
  words(`
    a an the it its i me my mine myself is are am be being been do does there of for
    please pls plz kindly hi hello hey thanks thank thx ok okay really actually exactly basically simply just
  `),
);

/** Without meaning before the question ("could you tell me"), with meaning within it ("who can vote"). */
export const openingWords: ReadonlySet<string> = new Set(
  words(`
    could would may might can shall what to if whether well
    tell give show let explain define describe know understand learn want wish need like love help wondering wonder curious
    trying try ask asking have able
  `),
);

/** Opening words that ask what something is. */
export const explaining: ReadonlySet<string> = new Set(words("explain define describe know understand learn wondering wonder curious about"));

/** Openings that ask for a thing, unless one that explains is near: "tell me a joke" is not "what is a joke". */
export const wanting: Readonly<Record<string, string>> = {
  tell: "give",
  give: "give",
  show: "give",
  want: "want",
  need: "want",
  wish: "want",
  like: "like",
  love: "love",
  have: "have",
  having: "have",
  help: "help",
  try: "try",
  trying: "try",
};

/** Requests about words, in which no word is harmless: "translate hello" is not "translate hi". */
export const wordTasks: ReadonlySet<string> = new Set(
  words(`
    translate translation translator spell spelling say pronounce pronunciation grammar proofread rewrite rephrase paraphrase reword conjugate
    conjugation tense plural synonym antonym rhyme sentence phrase verb noun adjective punctuation summarize summarise summary abbreviation uppercase lowercase
  `),
);

/** Before one of these, "a" is a letter: "if a then b", "is a or b better". */
export const afterLetter: ReadonlySet<string> = new Set(words("or and then vs versus equals is"));

/** Nouns before which a letter or a Roman number is a name: "hepatitis a", "world war i". */
export const letteredNouns: ReadonlySet<string> = new Set(
  words(`
    hepatitis vitamin plan option type class section appendix group grade point team exhibit figure part building gate platform line terminal
    variant level category schedule model series unit zone form annex block row column war elizabeth charles phase stage version
  `),
);

/** Soft words of manner. The others are soft only before "to", "for" or "of": a guide to dogs, but a guide dog. */
export const softAdverbs: ReadonlySet<string> = new Set(words("properly correctly"));

/** Adjectives that may precede a soft noun: the best way to. */
export const softLeads: ReadonlySet<string> = new Set(words("best right easiest correct proper simple basic good particular certain"));

/** Optional words: one instead of another is a veto. They count in the similarity. */
export const softWords: ReadonlySet<string> = new Set(
  words("way method process procedure step guide instruction tutorial approach basics proper properly correct correctly particular certain"),
);

/** Synonyms under their first word: only words that can replace each other in any question. */
const synonymClasses: readonly string[] = [
  "buy purchase",
  "start begin commence",
  "delete erase remove",
  "fix repair mend",
  "car automobile",
  "movie film",
  "doctor physician",
  "child kid children",
  "big large",
  "fast rapid",
  "ill sick",
  "modify alter edit",
  "obtain acquire",
  "display exhibit",
  "price cost pricing",
  "company firm",
  "lawyer attorney",
  "near close-to nearby",
  "folder directory",
  "select choose pick",
  "find locate",
  "salary wage",
  "trip journey",
  "assist aid",
  "cheap inexpensive",
  "symptom sign",
  "cure remedy",
  "reason cause",
  "difference distinction differ different",
  "benefit advantage pro",
  "drawback disadvantage con downside",
  "example sample instance",
  "summary summarize tldr recap",
  "login log-in sign-in signin logon",
  "logout log-out sign-out signout",
  "signup sign-up register",
  "setup set-up configure",
  "allow permit",
  "population inhabitant",
  "author writer",
  "invent inventor",
  "job occupation",
  "people person",
  "color hue",
  "forgot forgotten forget",
  "email e-mail",
  "wifi wi-fi",
  "javascript js ecmascript",
  "typescript ts",
  "kubernetes k8s",
  "postgres postgresql",
  "database db",
  "tv television",
  "photo photograph",
  "bike bicycle",
  "gym fitness-center",
  "translate translation",
  "kilometer km kilometre",
  "kilogram kg kilo",
  "centimeter cm centimetre",
  "celsius centigrade",
  "minute min",
  "second sec",
  "usa united-states america",
  "uk united-kingdom britain",
];

/** Spelled-out names and other phrases, each with the one word that it stands for. */
export const phrases: Readonly<Record<string, string>> = {
  "artificial intelligence": "ai",
  "machine learning": "ml",
  "large language model": "llm",
  "large language models": "llm",
  "natural language processing": "nlp",
  "application programming interface": "api",
  "central processing unit": "cpu",
  "graphics processing unit": "gpu",
  "random access memory": "ram",
  "operating system": "os",
  "virtual private network": "vpn",
  "internet of things": "iot",
  "virtual reality": "vr",
  "two factor authentication": "2fa",
  "two-factor authentication": "2fa",
  "multi factor authentication": "mfa",
  "multi-factor authentication": "mfa",
  "single sign on": "sso",
  "single sign-on": "sso",
  "pull request": "pr",
  "continuous integration": "ci",
  "object oriented programming": "oop",
  "object-oriented programming": "oop",
  "return on investment": "roi",
  "key performance indicator": "kpi",
  "software as a service": "saas",
  "search engine optimization": "seo",
  "value added tax": "vat",
  "chief executive officer": "ceo",
  "chief technology officer": "cto",
  "gross domestic product": "gdp",
  "deoxyribonucleic acid": "dna",
  "carbon dioxide": "co2",
  "date of birth": "dob",
  "frequently asked questions": "faq",
  "structured query language": "sql",
  "solid state drive": "ssd",
  "solid-state drive": "ssd",
  "united states of america": "usa",
  "united states": "usa",
  "u.s": "usa",
  "US.": "usa",
  "u.s.a": "usa",
  "united kingdom": "uk",
  "u.k": "uk",
  "european union": "eu",
  "new york city": "nyc",
  "log in": "login",
  "sign in": "login",
  "log into": "login",
  "log out": "logout",
  "sign out": "logout",
  "log off": "logout",
  "sign up": "signup",
  "set up": "setup",
  "get rid of": "delete",
  "find out": "know",
  "wi fi": "wifi",
  "tl;dr": "summary",
  "the term": "the",
  "the concept of": "the",
  "the idea of": "the",
  "the notion of": "the",
  "the meaning of": "the",
  "the definition of": "the",
  "meaning of": "the",
  "definition of": "the",
  "to me": "the",
  "for me": "the",
};

/** Openings that name the kind of answer, longest first. A bare topic also asks for `what`. */
export const frames: readonly (readonly [phrase: string, intent: string])[] = [
  ["what are the steps to take to", "how-to"],
  ["what are the steps to", "how-to"],
  ["what are the steps for", "how-to"],
  ["what steps should i take to", "how-to"],
  ["what steps do i take to", "how-to"],
  ["what do i have to do to", "how-to"],
  ["what do i need to do to", "how-to"],
  ["what should i do to", "how-to"],
  ["what must i do to", "how-to"],
  ["what is the best way to", "how-to"],
  ["what is the right way to", "how-to"],
  ["what is the easiest way to", "how-to"],
  ["what is the correct way to", "how-to"],
  ["what is the proper way to", "how-to"],
  ["what is the way to", "how-to"],
  ["what is the process for", "how-to"],
  ["what is the process to", "how-to"],
  ["what is the procedure for", "how-to"],
  ["what is the procedure to", "how-to"],
  ["how would i go about", "how-to"],
  ["how do i go about", "how-to"],
  ["how can i go about", "how-to"],
  ["how do you go about", "how-to"],
  ["how does one go about", "how-to"],
  ["is there a way to", "how-to"],
  ["is there any way to", "how-to"],
  ["a guide to", "how-to"],
  ["guide to", "how-to"],
  ["guide for", "how-to"],
  ["instructions for", "how-to"],
  ["instructions to", "how-to"],
  ["instructions on how to", "how-to"],
  ["tutorial on how to", "how-to"],
  ["tutorial on", "how-to"],
  ["steps to", "how-to"],
  ["steps for", "how-to"],
  ["way to", "how-to"],
  ["how do i", "how-to"],
  ["how do we", "how-to"],
  ["how do you", "how-to"],
  ["how does one", "how-to"],
  ["how can i", "how-to"],
  ["how can we", "how-to"],
  ["how can you", "how-to"],
  ["how could i", "how-to"],
  ["how would i", "how-to"],
  ["how would you", "how-to"],
  ["how should i", "how-to"],
  ["how should we", "how-to"],
  ["how should you", "how-to"],
  ["how to", "how-to"],
  ["do you know", "request"],
  ["tell me more about", "request"],
  ["tell me about", "request"],
  ["tell us about", "request"],
  ["i have a question about", "request"],
  ["question about", "request"],
  ["so", "request"],
  ["where can i find", "where"],
  ["where can i see", "where"],
  ["where do i find", "where"],
  ["for what reason", "why"],
  ["what is the reason that", "why"],
  ["what is the reason why", "why"],
  ["what is the reason", "why"],
  ["what are the reasons", "why"],
  ["how come", "why"],
  ["why", "why"],
  ["in what year", "year"],
  ["in which year", "year"],
  ["what year", "year"],
  ["which year", "year"],
  ["on what date", "when"],
  ["on which date", "when"],
  ["what time", "time"],
  ["at what time", "time"],
  ["when", "when"],
  ["in which place", "where"],
  ["what is the location of", "where"],
  ["where", "where"],
  ["which person", "who"],
  ["which", "what"],
  ["who", "who"],
  ["whom", "who"],
  ["whose", "whose"],
  ["how many", "how-many"],
  ["what number of", "how-many"],
  ["what is the number of", "how-many"],
  ["number of", "how-many"],
  ["how much", "how-much"],
  ["how long", "how-long"],
  ["how often", "how-often"],
  ["how far", "how-far"],
  ["how tall", "how-tall"],
  ["how high", "how-tall"],
  ["what is the height of", "how-tall"],
  ["how old", "how-old"],
  ["what is the age of", "how-old"],
  ["how big", "how-big"],
  ["how fast", "how-fast"],
  ["how", "how"],
  ["is it true that", "whether"],
  ["is it possible to", "possible"],
  ["is it ok to", "allowed"],
  ["am i allowed to", "allowed"],
  ["can i", "possible"],
  ["can you", "request"],
  ["could you", "request"],
  ["would you", "request"],
  ["will you", "request"],
  ["can", "can"],
  ["does", "whether"],
  ["do", "whether"],
  ["is", "whether"],
  ["are", "whether"],
  ["should", "should"],
  ["list", "list"],
];

/** Short, common words that change the question, each under one mark. */
export const marks: Readonly<Record<string, string>> = {
  not: "not",
  was: "past",
  were: "past",
  did: "past",
  had: "past",
  will: "future",
};

export const contractions: Readonly<Record<string, string>> = {
  "what's": "what is",
  "whats": "what is",
  "who's": "who is",
  "where's": "where is",
  "when's": "when is",
  "how's": "how is",
  "that's": "that is",
  "it's": "it is",
  "there's": "there is",
  "i'm": "i am",
  "i'd": "i would",
  "i've": "i have",
  "i'll": "i will",
  "you're": "you are",
  "we're": "we are",
  "let's": "let us",
  "can't": "can not",
  cannot: "can not",
  "won't": "will not",
  "n't": "not",
};

const spellings: Readonly<Record<string, string>> = {
  colour: "color",
  favourite: "favorite",
  centre: "center",
  metre: "meter",
  behaviour: "behavior",
  licence: "license",
  catalogue: "catalog",
  programme: "program",
  grey: "gray",
  labour: "labor",
  organisation: "organization",
  cheque: "check",
  tyre: "tire",
};

const numberWords = words("zero one two three four five six seven eight nine ten eleven twelve");

/** The word that stands for `word` and its synonyms. Singular forms in, singular forms out. */
export const canonicalWords: ReadonlyMap<string, string> = new Map<string, string>([
  ...Object.entries(spellings),
  ...numberWords.map((word, value) => [word, String(value)] as const),
  ...synonymClasses.flatMap((line) => {
    const [first, ...rest] = words(line);
    return rest.map((word) => [word, first!] as const);
  }),
]);
