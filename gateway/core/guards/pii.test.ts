import fc from "fast-check";
import { expect, test } from "vitest";
import { findPii, Placeholders, placeholdersIn } from "./pii.ts";
import { RestoreFilter } from "./restore-filter.ts";
import { ScrubFilter } from "./scrub-filter.ts";
import { piiKinds } from "./settings.ts";
import type { TextFilter } from "./text-filter.ts";

const pause = async () => {};

const found = (text: string) => findPii(text, piiKinds).map(({ kind, start, end }) => [kind, text.slice(start, end)]);

/** Nobody's: the test numbers of card networks, ISO examples, and numbers reserved for fiction. */
const values: readonly (readonly [kind: string, value: string])[] = [
  ["email", "ada.lovelace+news@example.co.uk"],
  ["email", "x@y.io"],
  ["phone", "+44 20 7946 0958"],
  ["phone", "+1 (415) 555-0132"],
  ["phone", "+4915112345678"],
  ["phone", "(415) 555-0132"],
  ["phone", "415-555-0132"],
  ["phone", "030 901820-55"],
  ["phone", "(020) 7946 0958"],
  ["phone", "0049 30 12345678"],
  ["phone", "00 44 20 7946 0958"],
  ["card", "4111 1111 1111 1111"],
  ["card", "5500-0000-0000-0004"],
  ["card", "378282246310005"],
  ["ssn", "078-05-1120"],
  ["iban", "GB29 NWBK 6016 1331 9268 19"],
  ["iban", "DE89370400440532013000"],
  ["ip", "203.0.113.7"],
  ["credential", "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"],
  ["credential", "AKIAIOSFODNN7EXAMPLE"],
  ["credential", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"],
  ["credential", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"],
];

/** As RS256 signs them, and as an identity provider fills them. */
const webTokens = [`eyJhbGciOiJSUzI1NiJ9.${"eyJz".repeat(60)}.${"sig_".repeat(85)}ab`, `eyJhbGciOiJSUzUxMiJ9.${"Abc-".repeat(500)}.${"x".repeat(683)}`];

test.each([
  ...webTokens.map((token) => ["credential", token] as const),
  ["credential", "AIzaSyA-1234567890abcdefghijklmnopqrstu"],
  ["card", "4111\u00a01111\u00a01111\u00a01111"],
  ["card", "4111\u20111111\u20111111\u20111111"],
  ["phone", "+44\u00a020\u202f7946\u00a00958"],
  ["email", "ada@müller.example"],
  ["email", "müller@example.org"],
  ["email", "ада@пример.рф"],
  ...values,
] as const)("findPii: %s %s, wherever it stands", (kind, value) => {
  expect(found(value)).toEqual([[kind, value]]);
  expect(found(`Write to ${value}, please.`)).toEqual([[kind, value]]);
  expect(found(`"${value}"\n(${value})`)).toEqual([[kind, value], [kind, value]]);
});

test.each(["\n", "\t", "\r\n", "\u001f"])("findPii: within JSON too, where %j before it is an escape that stays whole", (before) => {
  for (const [kind, value] of values) {
    const text = JSON.stringify({ note: `see${before}${value}${before}` });
    expect(found(text)).toEqual([[kind, value]]);
    const placeholders = new Placeholders();
    expect(JSON.parse(placeholders.scrub(text, findPii(text, piiKinds)))).toEqual({ note: `see${before}[${kind.toUpperCase()}_1]${before}` });
  }
});

const calling = String.raw`{"card":4111111111111111,"ids":[ 5500000000000004 , 7],"note":"a \"b\" 4111111111111111, c"}`;

test("Placeholders: in JSON a number becomes a string, and what stands in one stays in it", () => {
  const scrubbed = new Placeholders().scrub(calling, findPii(calling, piiKinds), true);
  expect(JSON.parse(scrubbed)).toEqual({ card: "[CARD_1]", ids: ["[CARD_2]", 7], note: 'a "b" [CARD_1], c' });
});

test.each([["is4111 1111 1111 1111", "4111 1111 1111 1111"], ["myIbanDE89370400440532013000", "DE89370400440532013000"]])("findPii: parts of a message that were put together without a space: %s", (text, value) => {
  expect(found(text).map(([, one]) => one)).toEqual([value]);
});

test("findPii: what comes after a backslash that is no escape", () => {
  expect(found("CORP\\ada@example.org")).toEqual([["email", "ada@example.org"]]);
  expect(found("CORP\\ulf@example.org")).toEqual([["email", "ulf@example.org"]]);
});

test.each([
  "order 4111 1111 1111 1112",
  "the year 2024-01-15 at 10:30",
  "version 1.2.3.4.5 and 10.20",
  "call me at 5",
  "a@b",
  "user@localhost",
  "GB29 NWBK 6016 1331 9268 18",
  "123-45-678",
  "999.1.2.3",
  "0000 0000 0000",
  "sk-short",
  "pi is 3.14159265358979",
  "1 234 567 890 people",
  "ISBN 978-3-16-148410-0",
  "[EMAIL_1]",
])("findPii: %s is nobody's", (text) => {
  expect(found(text)).toEqual([]);
});

test("findPii: only the kinds that are asked for", () => {
  expect(findPii("x@y.io 203.0.113.7", ["ip"]).map(({ kind }) => kind)).toEqual(["ip"]);
});

test("Placeholders: the same value has one placeholder, and all come back as they were", () => {
  const text = "Ada (ada@example.org) and Bob (bob@example.org), copy to ada@example.org, card 4111 1111 1111 1111";
  const placeholders = new Placeholders();
  const scrubbed = placeholders.scrub(text, findPii(text, piiKinds));
  expect(scrubbed).toBe("Ada ([EMAIL_1]) and Bob ([EMAIL_2]), copy to [EMAIL_1], card [CARD_1]");
  expect(placeholders.restore(scrubbed)).toBe(text);
  expect(placeholders.summary).toBe("email:2,card:1");
});

test("Placeholders: a placeholder that the texts name already is not given to another value", async () => {
  const text = "what does [EMAIL_1] mean? ask x@y.io";
  const placeholders = new Placeholders(await placeholdersIn([text], pause));
  expect(placeholders.scrub(text, findPii(text, piiKinds))).toBe("what does [EMAIL_1] mean? ask [EMAIL_2]");
  expect(placeholders.restore("[EMAIL_1] [EMAIL_2]")).toBe("[EMAIL_1] x@y.io");
});

test.each([
  ["a card and its expiry date", "4111 1111 1111 1111 12/27", ["4111 1111 1111 1111"]],
  ["an account and a card", "GB29 NWBK 6016 1331 9268 19 4111 1111 1111 1111", ["GB29 NWBK 6016 1331 9268 19", "4111 1111 1111 1111"]],
  ["a number that is no card, and a card", "5500 0000 0000 0005 4111 1111 1111 1111", ["4111 1111 1111 1111"]],
])("findPii: what stands side by side hides nothing: %s", (_, text, values) => {
  expect(found(text).map(([, value]) => value)).toEqual(values);
});

test("Placeholders: a text full of values is no more work than its length", () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `user${index}@example.org`).join(" ");
  const placeholders = new Placeholders();
  const scrubbed = placeholders.scrub(text, findPii(text, piiKinds));
  expect(scrubbed.endsWith("[EMAIL_20000]")).toBe(true);
  expect(placeholders.restore(scrubbed)).toBe(text);
});

/** The text, cut anywhere. */
const cuts = (text: string) => fc.uniqueArray(fc.nat({ max: text.length }), { maxLength: 12 }).map((at) => piecesOf(text, at));

function piecesOf(text: string, at: readonly number[]): readonly string[] {
  const places = [0, ...[...at].sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, index) => text.slice(places[index]!, end));
}

function transformEvents(filter: TextFilter, pieces: readonly string[]): string {
  return pieces.map((piece) => filter.push(piece)).join("") + filter.end();
}

const words = fc.array(fc.oneof(fc.constantFrom(...values.map(([, value]) => value)), fc.constantFrom("hello", "Order", "42", "(", "-", "4111", "GB29", "+", "[EMAIL_", "]", "[", "at", "\n", "a.b@", "ÄÖ", "\\n", "\\n", "\u00a0", "\\u00e9", "x\\")), {
  maxLength: 12,
});
const texts = fc.tuple(words, fc.constantFrom(" ", ", ", "  ", "\n", "\\n", "\u00a0", "**", ":", '"', "x", "_", "")).map(([list, separator]) => list.join(separator));

test("placeholdersIn: finds the same wherever the texts are cut", async () => {
  const all = ["a [EMAIL_1] b [CREDENTIAL_999999][IP_42]", "[EMAIL_] [IP_1234567] [PHONE_7]"];
  for (let characters = 1; characters < 60; characters++) {
    expect([...(await placeholdersIn(all, pause, characters))]).toEqual(["[EMAIL_1]", "[CREDENTIAL_999999]", "[IP_42]", "[PHONE_7]"]);
  }
});

test("RestoreFilter: whatever the cuts, what comes out is the whole text restored", async () => {
  const property = fc.asyncProperty(texts.chain((text) => fc.tuple(fc.constant(text), fc.infiniteStream(fc.nat()), fc.nat())), async ([text, , seed]) => {
    const placeholders = new Placeholders(await placeholdersIn([text], pause));
    const scrubbed = placeholders.scrub(text, findPii(text, piiKinds));
    for (const pieces of fc.sample(cuts(scrubbed), { seed, numRuns: 5 })) {
      expect(transformEvents(new RestoreFilter(placeholders), pieces)).toBe(text);
    }
  });
  await fc.assert(property, { numRuns: 300 });
});

test("RestoreFilter: holds back nothing but the beginning of a placeholder of its own", () => {
  const placeholders = new Placeholders();
  placeholders.scrub("x@y.io", findPii("x@y.io", piiKinds));
  const filter = new RestoreFilter(placeholders);
  expect(["a [b", " c [", "EMA", "IL_1", "] d [EMAIL_", "2] [EM", "ber"].map((piece) => filter.push(piece))).toEqual(["a [b", " c ", "", "", "x@y.io d ", "[EMAIL_2] ", "[EMber"]);
  expect(filter.end()).toBe("");
});

test("ScrubFilter: whatever the cuts, what comes out is the whole text scrubbed", () => {
  const whole = (text: string) => transformEvents(new ScrubFilter(piiKinds, () => {}), [text]);
  const property = fc.property(texts, fc.nat(), (text, seed) => {
    const expected = whole(text);
    for (const pieces of fc.sample(cuts(text), { seed, numRuns: 5 })) {
      const kinds: string[] = [];
      expect(transformEvents(new ScrubFilter(piiKinds, (kind) => void kinds.push(kind)), pieces)).toBe(expected);
      expect(kinds).toHaveLength(findPii(text, piiKinds).length);
    }
  });
  fc.assert(property, { numRuns: 500 });
});

test("ScrubFilter: many numbers in a row are cut where the whole text is", () => {
  const text = "GB29 NWBK 6016 1331 9268 19 4111 1111 1111 1111 4111 1111 1111 1111 5500-0000-0000-0004 +44 20 7946 0958 GB29 030 901820-55 x@y.io";
  const pieces = ["GB29 NWBK 6016 1331 9268 19 4111 1111 1111 1111 4111 1111", " 1111 1111 5", "500-0000-0000-0004 +44 20 7946 0958 G", "B29 030 901820-55 x@y.io"];
  for (const cut of [[text], pieces, text.split("")]) {
    expect(transformEvents(new ScrubFilter(piiKinds, () => {}), cut)).toBe("[IBAN] [CARD] [CARD] [CARD] [PHONE] GB29 [PHONE] [EMAIL]");
  }
});

test.each([
  ["after a long word in capitals", "378282246310005AKIAIOSFODNN7EXAMPLE4111 1111 1111 1111", "378282246310005AKIAIOSFODNN7EXAMPLE[CARD]"],
  ["in one long group and a short one", "MT84MALT011000012345MTLCAST0 01S", "[IBAN]"],
])("ScrubFilter: a value %s is found, whatever the cuts", (_, text, scrubbed) => {
  for (const cut of [[text], text.split(""), text.split(/(?= )/)]) {
    expect(transformEvents(new ScrubFilter(piiKinds, () => {}), cut)).toBe(scrubbed);
  }
});

test("ScrubFilter: in JSON a number becomes a string, whatever the cuts", () => {
  for (const cut of [[calling], calling.split(""), calling.match(/[^]{1,5}/g)!]) {
    const scrubbed = transformEvents(new ScrubFilter(piiKinds, () => {}, true), cut);
    expect(JSON.parse(scrubbed)).toEqual({ card: "[CARD]", ids: ["[CARD]", 7], note: 'a "b" [CARD], c' });
  }
});

test("ScrubFilter: a web token comes in pieces and goes as one", () => {
  for (const token of webTokens) {
    const text = `{"note":"\\n${token}","mail":"\\tada@example.org"}`;
    for (const cut of [[text], text.split(""), text.match(/[^]{1,7}/g)!]) {
      expect(transformEvents(new ScrubFilter(piiKinds, () => {}), cut)).toBe(String.raw`{"note":"\n[CREDENTIAL]","mail":"\t[EMAIL]"}`);
    }
  }
});

test("ScrubFilter: one word late, and no more, in text without numbers", () => {
  const filter = new ScrubFilter(piiKinds, () => {});
  expect(["Hello", " there", " my", " friend"].map((piece) => filter.push(piece))).toEqual(["", "Hello ", "there ", "my "]);
  expect(filter.end()).toBe("friend");
});

test("ScrubFilter: a table of numbers is held back no further than a value may reach", () => {
  const filter = new ScrubFilter(piiKinds, () => {});
  let [given, late] = [0, 0];
  for (let count = 1; count <= 1_000; count++) {
    given += filter.push(" 12").length;
    late = Math.max(late, count * 3 - given);
  }
  expect(late).toBeLessThanOrEqual(70);
});

test("ScrubFilter: a text without spaces is not held for ever", () => {
  const filter = new ScrubFilter(piiKinds, () => {});
  const piece = "x".repeat(5_000);
  expect(filter.push(piece).length).toBeGreaterThan(3_000);
  expect(transformEvents(new ScrubFilter(piiKinds, () => {}), [piece, `${piece} a@b.org`])).toBe(`${piece}${piece} [EMAIL]`);
});
