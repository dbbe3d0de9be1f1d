import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../kernel/clock-virtual.ts";
import { Cancelled, Canceller, neverSignal } from "../../../../kernel/signal.ts";
import { bodyOf, type Transport, TransportError } from "../../../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../../../kernel/utf8.ts";
import { similarityOf } from "./embedder.ts";
import { lexicalEmbedder, lexicalVector } from "./lexical.ts";
import { NearestQuestions } from "./nearest.ts";
import { openaiEmbedder } from "./openai-embedder.ts";
import { withCircuit } from "./embedder-circuit.ts";
import { termsOf } from "./terms.ts";
import { QUESTION_CHARACTERS_MAX } from "./tokens.ts";
import { bucketOf, vetoOf } from "./veto.ts";

const similarity = (a: string, b: string) => similarityOf(lexicalVector(termsOf(a)), lexicalVector(termsOf(b)));

test("lexicalEmbedder: a question is like itself, in any capitals, with any politeness", () => {
  for (const [a, b] of [
    ["what is AI", "explain artificial intelligence"],
    ["How do I reset my password?", "hi, could you please show me how to reset my password"],
    ["capital of France", "What's France's capital?"],
    ["how much does a Tesla cost", "What is the price of a Tesla?"],
  ] as const) {
    expect(similarity(a, b)).toBeCloseTo(1, 5);
    expect(vetoOf("strict", a, b)).toBeNull();
  }
});

test("lexicalEmbedder: vectors have length 1, or are all zeros for a text that says nothing", async () => {
  expect(await lexicalEmbedder.embed("?!", neverSignal)).toEqual(new Float32Array(384));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      const vector = lexicalVector(termsOf(text));
      const length = Math.sqrt(vector.reduce((total, value) => total + value * value, 0));
      expect(length === 0 || Math.abs(length - 1) < 1e-5).toBe(true);
    }),
  );
});

test("termsOf: reads a bounded part of whatever it is given", () => {
  const long = `what is ${"very ".repeat(10_000)}long`;
  expect(termsOf(long)).toEqual(termsOf(long.slice(0, QUESTION_CHARACTERS_MAX)));
});

test.each([
  ["refund for order 123", "refund for order 456"],
  ["is hepatitis a dangerous?", "is hepatitis b dangerous?"],
  ["does Alice manage Bob?", "does Bob manage Alice?"],
  ["enable notifications", "disable notifications"],
  ["can I cancel?", "can't I cancel?"],
  ["what does && do", "what does || do"],
  ["how do I check in?", "how do I check out?"],
  ['who sang "let it be"?', 'who sang "let it go"?'],
  ["what does IT do?", "what does it do?"],
  ["what is -5 squared", "what is 5 squared"],
  ["what is 10 - 5", "what is 10 5"],
  ["what is (3+4)*2", "what is 3+4*2"],
  ["what is 5!", "what is 5"],
  ["what is .5 as a percentage", "what is 5 as a percentage"],
  ["what is 5²", "what is 52"],
  ["what does ; mean in python", "what does : mean in python"],
  ["what does a->b mean", "what does a>b mean"],
  ["what does x-- do", "what does x do"],
  ["what does grep -v do", "what does grep -V do"],
  ["print(x), y in python", "print(x, y) in python"],
  ["what does this do: if x:\n  a\n  b", "what does this do: if x:\n  a\nb"],
  ["how many joules are in 5 mW hours", "how many joules are in 5 MW hours"],
  ["how long does a download of 100Mb take", "how long does a download of 100MB take"],
  ["what is a plane", "what is a plan"],
  ["compare car insurance", "compare care insurance"],
  ["how do I take a note", "how do I take a not"],
  ["tell me a joke", "what is a joke"],
  ["I have diabetes", "define diabetes"],
  ["how to train a guide dog", "how to train a dog"],
  ["what is the scientific method", "what is scientific"],
  ["what is a proper fraction", "what is a fraction"],
  ["where can I buy a glass of wine", "where can I buy a wine glass"],
  ["is it possible to drink sea water", "is it ok to drink sea water"],
  ["do cats swim", "can cats swim"],
  ["what can cats eat", "can cats eat"],
  ["translate hello", "translate hi"],
  ["how to say please in german", "how to say thanks in german"],
  ["correct: he do it", "correct: he does it"],
  ["check the grammar: she do it", "check the grammar: she does it"],
  ["what is the past tense of do", "what is the past tense of is"],
  ["is a or b better", "is b or a better"],
])("vetoOf: strict objects to %s / %s", (a, b) => {
  expect(vetoOf("strict", a, b)).not.toBeNull();
  expect(vetoOf("strict", b, a)).not.toBeNull();
});

test.each([
  ["what is AI ?", "What is AI???"],
  ["How do I cancel, please?", "how do I cancel"],
  ["planning weddings", "plan weddings"],
  ["coding in rust", "code in rust"],
  ["charging an iPhone", "charge an iPhone"],
  ["process for cleaning brass", "cleaning brass"],
  ["tell me the capital of France", "what's the capital of France"],
  ["tell me a joke", "please give me a joke"],
  ["how do I tune a guitar properly?", "how do I tune a guitar?"],
])("vetoOf: strict lets %s / %s through", (a, b) => {
  expect(vetoOf("strict", a, b)).toBeNull();
});

test("bucketOf: questions that the strict veto accepts are in one bucket", () => {
  const samples = ["what is AI", "explain artificial intelligence", "steps to reset my password", "how do I reset my password", "refund for order 123", "refund for order 456", "capital of France", "France's capital?", "how to tune a guitar properly", "how to tune a guitar"];
  for (const a of samples) {
    for (const b of samples) if (vetoOf("strict", a, b) === null) expect(bucketOf("strict", a)).toBe(bucketOf("strict", b));
  }
  expect(bucketOf("strict", "refund for order 123")).not.toBe(bucketOf("strict", "refund for order 456"));
  expect(bucketOf("entities", "refund for order 123")).toBe(bucketOf("entities", "refund for order 456"));
});

test("vetoOf: entities objects to other names, numbers, quotes, measures, turns, orders and fillings, and to nothing else", () => {
  const objects = (a: string, b: string) => vetoOf("entities", a, b) !== null;
  expect(objects("refund for order 123", "refund for order 456")).toBe(true);
  expect(objects("tell me about Paris", "tell me about London")).toBe(true);
  expect(objects("does Alice manage Bob", "does Bob manage Alice")).toBe(true);
  expect(objects("how do I enable it", "how do I disable it")).toBe(true);
  expect(objects("can I leave", "can I not leave")).toBe(true);
  expect(objects("flights from paris to london", "flights from london to paris")).toBe(true);
  expect(objects("convert 10 miles to kilometers", "convert 10 kilometers to miles")).toBe(true);
  expect(objects("twenty dollars in euros", "thirty dollars in euros")).toBe(true);
  expect(objects("what is open on monday", "what is open on friday")).toBe(true);
  expect(objects("should I never mix bleach", "should I always mix bleach")).toBe(true);
  const template = (product: string) => `Write a friendly description of our new ${product} in the style of the shop, two short paragraphs with a closing question`;
  expect(objects(template("lamp"), template("chair"))).toBe(true);
  expect(objects(template("lamp"), `${template("lamp")} and translate it`)).toBe(true);
  expect(objects(template("lamp"), `please ${template("lamp").toLowerCase()}`)).toBe(false);
  expect(objects("my laptop is sluggish", "why does my computer run slowly")).toBe(false);
  expect(objects("what is AI", "explain artificial intelligence")).toBe(false);
});

const point = (question: string) => ({ question, key: `key of ${question}`, vector: lexicalVector(termsOf(question)) });
const asked = (question: string) => ({ question, vector: lexicalVector(termsOf(question)) });
const strict = { threshold: 0.85, veto: "strict" } as const;

const bounds = { entriesMax: 10, charactersMax: 100_000 };
const vectorCharacters = lexicalVector(termsOf("any")).byteLength;

test("NearestQuestions: finds within its scope only, and nothing that was removed", () => {
  const nearest = new NearestQuestions();
  nearest.add("a", point("what is AI"), bounds);
  expect(nearest.find("a", asked("explain artificial intelligence"), strict)).toMatchObject({ key: "key of what is AI", similarity: expect.closeTo(1, 5) as number });
  expect(nearest.find("b", asked("explain artificial intelligence"), strict)).toBeNull();
  nearest.remove("a", "what is AI");
  expect([nearest.find("a", asked("what is AI"), strict), nearest.size]).toEqual([null, 0]);
});

test("NearestQuestions: a near vector is no hit where there is a veto, and the next nearest without one is", () => {
  const letter = (month: string) => `our customer wrote that the parcel with the blue lamp arrived broken in ${month} and wants to know what we will do about it`;
  const nearest = new NearestQuestions();
  nearest.add("a", point(letter("march")), bounds);
  expect(similarity(letter("march"), letter("april"))).toBeGreaterThan(0.85);
  expect(nearest.find("a", asked(letter("april")), strict)).toBeNull();
  nearest.add("a", point(`please, ${letter("april")}`), bounds);
  expect(nearest.find("a", asked(letter("april")), strict)).toMatchObject({ question: `please, ${letter("april")}` });
});

test("NearestQuestions: never more than entriesMax, the oldest are evicted", () => {
  const nearest = new NearestQuestions();
  for (let index = 0; index < 50; index++) nearest.add(`scope ${index % 3}`, point(`question ${index}`), bounds);
  expect(nearest.size).toBe(10);
  expect(nearest.find("scope 1", asked("question 49"), strict)).not.toBeNull();
  expect(nearest.find("scope 1", asked("question 1"), strict)).toBeNull();
});

test("NearestQuestions: never more characters than charactersMax, however few questions hold them", () => {
  const nearest = new NearestQuestions();
  const long = (index: number) => `question ${index} ${"at length ".repeat(20)}`;
  for (let index = 0; index < 50; index++) nearest.add(`scope ${index % 3}`, point(long(index)), { entriesMax: 100, charactersMax: 2_000 + 4 * vectorCharacters });
  expect(nearest.size).toBe(4);
  expect(nearest.find("scope 1", asked(long(49)), strict)).not.toBeNull();
  nearest.add("scope 1", point("x".repeat(2_001)), { entriesMax: 100, charactersMax: 2_000 });
  expect(nearest.size).toBe(4);
});

test("NearestQuestions: a model's long vectors count among the characters", () => {
  const nearest = new NearestQuestions();
  const bounds = { entriesMax: 100, charactersMax: 100_000 };
  for (let index = 0; index < 50; index++) nearest.add("a", { question: `q ${index}`, key: "k", vector: new Float32Array(3_072) }, bounds);
  expect(nearest.size).toBe(8);
});

const settings = { kind: "openai", baseUrl: "http://embedder/v1", model: "e-1", credential: "env:E", timeoutMs: 100 } as const;

function embedderOver(answer: () => ReturnType<Transport["open"]>) {
  const clock = new VirtualClock();
  const asks: { url: string; headers: object; body: unknown }[] = [];
  const transport: Transport = {
    open: (request) => {
      asks.push({ url: request.url, headers: request.headers, body: JSON.parse(utf8Text(request.body)) });
      return answer();
    },
  };
  return { clock, asks, embedder: openaiEmbedder(settings, { clock, transport, secrets: { read: async () => "s3cret" } }) };
}

const response = (status: number, value: unknown) => Promise.resolve({ status, headers: {}, body: bodyOf(utf8Bytes(JSON.stringify(value))) });

test("openaiEmbedder: asks for a vector and brings it to length 1", async () => {
  const { asks, embedder } = embedderOver(() => response(200, { data: [{ embedding: [3, 4] }] }));
  expect([...(await embedder.embed("hello", neverSignal))]).toEqual([expect.closeTo(0.6, 5), expect.closeTo(0.8, 5)]);
  expect(asks).toEqual([{ url: "http://embedder/v1/embeddings", headers: expect.objectContaining({ authorization: "Bearer s3cret" }) as object, body: { model: "e-1", input: "hello", encoding_format: "float" } }]);
});

test.each([
  ["a refusal", () => response(503, {})],
  ["nonsense", () => response(200, { data: [{ embedding: ["a"] }] })],
  ["a broken connection", () => Promise.reject(new TransportError("refused"))],
] as const)("openaiEmbedder: rejects on %s", async (_, answer) => {
  await expect(embedderOver(answer).embedder.embed("x", neverSignal)).rejects.toThrow();
});

test("openaiEmbedder: gives up after its time, and leaves nothing subscribed or waiting", async () => {
  const { clock, embedder } = embedderOver(() => new Promise(() => {}));
  const client = new Canceller();
  const embedding = embedder.embed("x", client.signal);
  const outcome = expect(embedding).rejects.toThrow("too long");
  await clock.run();
  await outcome;
  expect([clock.nowMs(), clock.idle, client.listenerCount]).toEqual([100, true, 0]);
});

test("sparing: an embedder that does not answer is asked no more by each request, and again when a probe finds it well", async () => {
  const clock = new VirtualClock();
  let isWell = false;
  const texts: string[] = [];
  const inner = {
    id: "e",
    embed: (text: string) => {
      texts.push(text);
      return isWell ? Promise.resolve(new Float32Array([1])) : Promise.reject(new Error("Slow"));
    },
  };
  const embedder = withCircuit(inner, clock);
  const isRefused = () => embedder.embed("q", neverSignal).then(() => false, () => true);
  for (let index = 0; index < 20; index++) expect(await isRefused()).toBe(true);
  expect(texts).toEqual(["q", "q", "q"]);
  isWell = true;
  clock.at(2_000, () => {});
  await clock.run();
  expect(await isRefused()).toBe(true);
  expect(texts).toEqual(["q", "q", "q", "probe"]);
  expect(await isRefused()).toBe(false);
});

test("sparing: clients that leave say nothing of the embedder", async () => {
  const client = new Canceller();
  client.cancel("gone");
  const embedder = withCircuit({ id: "e", embed: (_, signal) => Promise.reject(signal.aborted ? new Cancelled("gone") : new Error("Slow")) }, new VirtualClock());
  for (let index = 0; index < 10; index++) await expect(embedder.embed("q", client.signal)).rejects.toThrow(Cancelled);
});
