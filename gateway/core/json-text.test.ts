import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { addedElements, addedMember, elementsOf, membersOf, patched, patchedBytes, removedMembers, visitScalars } from "./json-text.ts";

/** Any JSON, written with any white space and any indentation. */
const written = fc.tuple(fc.object({ maxDepth: 4, values: [fc.string({ unit: "binary" }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.maxSafeInteger()] }), fc.constantFrom("", 1, "\t", "\n \r\n"))
  .map(([value, indent]) => ({ value: JSON.parse(JSON.stringify(value)) as Record<string, unknown>, text: ` ${JSON.stringify(value, null, indent)}\n` }));

test("membersOf: every member's name and value, where they stand: law", () => {
  fc.assert(
    fc.property(written, ({ value, text }) => {
      const read = membersOf(text).map(({ name, value: { start, end } }) => [name, JSON.parse(text.slice(start, end)) as unknown]);
      expect(read).toEqual(Object.entries(value));
    }),
  );
});

test("elementsOf: every element, where it stands: law", () => {
  fc.assert(
    fc.property(fc.array(fc.json(), { maxLength: 6 }), fc.constantFrom(",", " ,\n"), (items, comma) => {
      const text = `[ ${items.join(comma)} ]`;
      expect(elementsOf(text).map(({ start, end }) => text.slice(start, end))).toEqual(items.map((item) => item.trim()));
    }),
  );
});

test("patched: a member replaced leaves every other character: law", () => {
  fc.assert(
    fc.property(written, fc.nat(), ({ value, text }, pick) => {
      const members = membersOf(text);
      fc.pre(members.length > 0);
      const { name, value: span } = members[pick % members.length]!;
      const changed = patched(text, [{ ...span, text: '"new"' }]);
      expect(JSON.parse(changed)).toEqual({ ...value, [name]: "new" });
      expect([changed.slice(0, span.start), changed.slice(span.start + '"new"'.length)]).toEqual([text.slice(0, span.start), text.slice(span.end)]);
    }),
  );
});

test("addedMember, removedMembers: what is added and removed again is the same object: law", () => {
  fc.assert(
    fc.property(written, ({ value, text }) => {
      fc.pre(!Object.hasOwn(value, "added key"));
      const added = patched(text, [addedMember(text, membersOf(text), '"added key":[1]')]);
      expect(JSON.parse(added)).toEqual({ ...value, "added key": [1] });
      const members = membersOf(added);
      for (const member of members) {
        const { [member.name]: _, ...rest } = JSON.parse(added) as Record<string, unknown>;
        expect(JSON.parse(patched(added, removedMembers(members, (name) => name === member.name)))).toEqual(rest);
      }
      const isOdd = (name: string) => members.findIndex((member) => member.name === name) % 2 === 1;
      for (const isRemoved of [isOdd, (name: string) => !isOdd(name), () => true]) {
        const rest = Object.fromEntries(Object.entries(JSON.parse(added) as object).filter(([name]) => !isRemoved(name)));
        expect(JSON.parse(patched(added, removedMembers(members, isRemoved)))).toEqual(rest);
      }
    }),
  );
});

test("addedElements: stand before the others, in an empty array too", () => {
  for (const text of ["[]", "[ ]", "[ 3]", "[3, 4]"]) {
    expect(JSON.parse(patched(text, [addedElements(text, { start: 0, end: text.length }, ["1", "2"])]))).toEqual([1, 2, ...(JSON.parse(text) as number[])]);
  }
});

test("visitScalars: every string, number and name, with the names that lead to it", () => {
  const text = '{"a":["x",{"b":-1.5e3}],"c\\"":{"d":null,"e":"\\u00e9"}, "f":true}';
  const seen: unknown[] = [];
  visitScalars(text, ({ kind, start, end, path }) => seen.push([kind, JSON.parse(text.slice(start, end)), path.join(".")]));
  expect(seen).toEqual([
    ["name", "a", ""], ["string", "x", "a"], ["name", "b", "a"], ["number", -1500, "a.b"],
    ["name", 'c"', ""], ["name", "d", 'c"'], ["name", "e", 'c"'], ["string", "é", 'c".e'], ["name", "f", ""],
  ]);
});

test("membersOf: a name that comes twice is there twice, and escapes in names are read", () => {
  expect(membersOf('{"a":1,"\\u0061":2}').map(({ name }) => name)).toEqual(["a", "a"]);
});

test("patchedBytes: the bytes of the patched text, of a long one too: law", () => {
  fc.assert(
    fc.property(written, fc.nat(), fc.constantFrom(1, 70_000), fc.string({ unit: "binary" }), ({ text }, pick, repeats, replacement) => {
      const long = `{"long":"${"ä😀a".repeat(repeats)}","rest":${text}}`;
      const members = membersOf(long);
      const { value } = members[pick % members.length]!;
      const patches = [{ ...value, text: JSON.stringify(replacement) }, addedMember(long, members, '"added":"é"')];
      const expected = utf8Bytes(patched(long, patches));
      expect(Buffer.compare(patchedBytes(long, patches), expected)).toBe(0);
    }),
    { numRuns: 40 },
  );
});
