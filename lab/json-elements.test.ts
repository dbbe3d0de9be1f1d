import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonElements, JsonShapeError, type JsonElement } from "./json-elements.ts";

function read(pieces: readonly string[]): readonly JsonElement[] {
  const elements = new JsonElements();
  const found = pieces.flatMap((piece) => elements.push(piece));
  elements.end();
  return found;
}

const incident = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
const page = fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })), { nil: undefined });

test("JsonElements: whatever the incidents hold and wherever the text is cut, each is what JSON.parse gives", () => {
  fc.assert(
    fc.property(fc.array(incident, { maxLength: 5 }), page, fc.boolean(), fc.array(fc.nat(400), { maxLength: 6 }), fc.constantFrom(undefined, 1), (incidents, of, bare, cuts, indent) => {
      const whole = bare ? incidents : { ...(of === undefined ? {} : { page: of }), other: { incidents: [{ not: "one" }], page: {} }, incidents, after: [1, { a: "}" }] };
      const text = JSON.stringify(whole, null, indent);
      const edges = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      const found = read(edges.slice(1).map((end, index) => text.slice(edges[index], end)));
      expect(found.filter(({ kind }) => kind === "incident").map((element) => JSON.parse(element.text) as unknown)).toEqual(JSON.parse(JSON.stringify(incidents)));
      expect(found.filter(({ kind }) => kind === "page").map((element) => JSON.parse(element.text) as unknown)).toEqual(bare || of === undefined ? [] : [JSON.parse(JSON.stringify(of))]);
    }),
  );
});

test("JsonElements: the months of a history are elements too", () => {
  expect(read(['{"months": [{"name": "May", "incidents": [{}]}], "page": {}}']).map(({ kind, text }) => [kind, text])).toEqual([["month", '{"name": "May", "incidents": [{}]}'], ["page", "{}"]]);
});

test("JsonElements: each element has the line of its first character", () => {
  expect(read(['{"page":\n{"name": "a"},\n"incidents": [\n', ' {"id":1},\n{\n"id":2}]}']).map(({ line }) => line)).toEqual([2, 4, 5]);
});

test.each([
  ["a text that ends inside an incident", '{"incidents": [{"id": 1}, {"id":', "ends inside", 1],
  ["a text that ends in a string", '[{"id": "', "ends inside", 1],
  ["no list", '{"page": {}}', "no list of incidents", 1],
  ["numbers", "[\n1]", '"1" where an incident was expected', 2],
  ["texts", '\n["a"]', "a text where an incident was expected", 2],
  ["lists", "[[]]", "a list where an incident was expected", 1],
])("JsonElements: %s is no list of incidents", (_what, text, message, line) => {
  const failure = (() => {
    try {
      return read([text]);
    } catch (error) {
      return error;
    }
  })();
  expect(failure).toBeInstanceOf(JsonShapeError);
  expect(failure).toMatchObject({ line, message: expect.stringContaining(message) as unknown });
});
