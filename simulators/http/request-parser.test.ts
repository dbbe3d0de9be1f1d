import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyBytesMax, RequestParser, type Parsed } from "./request-parser.ts";

function parseAll(parts: readonly Buffer[]): Exclude<Parsed, "more">[] {
  const parser = new RequestParser();
  const all: Exclude<Parsed, "more">[] = [];
  for (const part of parts) {
    parser.push(part);
    for (let parsed = parser.next(); parsed !== "more"; parsed = parser.next()) {
      all.push(parsed);
      if (parsed === "malformed") return all;
    }
  }
  return all;
}

const parse = (text: string) => parseAll([Buffer.from(text, "latin1")]);

/** A request, and its bytes in one of the two framings. */
const requestArbitrary = fc.record({
  method: fc.constantFrom("GET", "POST"),
  path: fc.constantFrom("/", "/v1/chat/completions?a=b", "/%20"),
  value: fc.stringMatching(/^[a-zA-Z0-9 ;=,]{0,30}$/),
  body: fc.uint8Array({ maxLength: 300 }),
  chunked: fc.boolean(),
  chunkLength: fc.integer({ min: 1, max: 100 }),
});
type Request = typeof requestArbitrary extends fc.Arbitrary<infer T> ? T : never;

function bytesOf({ method, path, value, body, chunked, chunkLength }: Request): Buffer {
  const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Value:  ${value} \r\n${framing}\r\n\r\n`, "latin1");
  if (!chunked) return Buffer.concat([head, body]);
  const parts: Uint8Array[] = [head];
  for (let at = 0; at < body.length; at += chunkLength) {
    const part = body.subarray(at, at + chunkLength);
    parts.push(Buffer.from(`${part.length.toString(16)};x=y\r\n`), part, Buffer.from("\r\n"));
  }
  return Buffer.concat([...parts, Buffer.from(body.length % 2 === 0 ? "0\r\n\r\n" : "0\r\nTrailer: z\r\n\r\n")]);
}

test("RequestParser: requests are parsed unchanged, wherever the connection splits them", () => {
  fc.assert(
    fc.property(fc.array(requestArbitrary, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(2_000), { maxLength: 12 }), (requests, cuts) => {
      const whole = Buffer.concat(requests.map(bytesOf));
      const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
      const parsed = parseAll(places.slice(1).map((to, index) => whole.subarray(places[index], to)));
      expect(parsed).toHaveLength(requests.length);
      for (const [index, { method, path, value, body }] of requests.entries()) {
        const got = parsed[index]!;
        if (typeof got === "string") throw new Error(got);
        expect([got.method, got.path, got.headers["x-value"], got.keepAlive]).toEqual([method, path, value.trim(), true]);
        expect([...got.body!]).toEqual([...body]);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  "no request at all\r\n\r\n",
  "GET / HTTP/2.0\r\n\r\n",
  "get / HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.1\r\nno colon\r\n\r\n",
  "GET / HTTP/1.1\r\n: nameless\r\n\r\n",
  "POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
  "POST / HTTP/1.1\r\ncontent-length: 1, 1\r\n\r\n",
  "POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
  "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n",
  "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
  "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabcd",
  `GET / HTTP/1.1\r\nx: ${"y".repeat(70_000)}`,
])("RequestParser: malformed, and no more is read: case %#", (text) => {
  expect(parse(text)).toEqual(["malformed"]);
});

test("RequestParser: a client that expects 100 Continue gets it once", () => {
  const head = Buffer.from("POST / HTTP/1.1\r\nExpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
  expect(parseAll([head, Buffer.from("a"), Buffer.from("b")])).toMatchObject(["continue", { method: "POST" }]);
});

test("RequestParser: a body over the limit is read and dropped, and the next request is parsed", () => {
  const big = Buffer.alloc(bodyBytesMax + 1, "x");
  const head = Buffer.from(`POST /big HTTP/1.1\r\ncontent-length: ${big.length}\r\n\r\n`);
  expect(parseAll([head, big.subarray(0, 5_000_000), big.subarray(5_000_000), Buffer.from("GET /next HTTP/1.1\r\n\r\n")])).toMatchObject([
    { path: "/big", body: null },
    { path: "/next" },
  ]);
});

test("RequestParser: reports whether the connection is kept alive", () => {
  const keeps = (text: string) => parse(`${text}\r\n\r\n`).map((parsed) => typeof parsed !== "string" && parsed.keepAlive)[0];
  expect([
    keeps("GET / HTTP/1.1"),
    keeps("GET / HTTP/1.1\r\nConnection: Close"),
    keeps("GET / HTTP/1.0"),
    keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive"),
  ]).toEqual([true, false, false, true]);
});

test("RequestParser: a header that comes twice is joined", () => {
  expect(parse("GET / HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\n\r\n")).toMatchObject([{ headers: { "x-a": "1, 2" } }]);
});
