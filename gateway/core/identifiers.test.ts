import { expect, test } from "vitest";
import { seededRng } from "../../kernel/rng.ts";
import { drawHex, forwardedHeaders, traceOf } from "./identifiers.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";
const rng = () => seededRng(1);

test.each([
  ["as it should be", `00-${traceId}-${parentId}-01`, "01"],
  ["not sampled", `00-${traceId}-${parentId}-00`, "00"],
  ["flags that this version does not know", `00-${traceId}-${parentId}-fd`, "01"],
  ["a random trace id", `00-${traceId}-${parentId}-02`, "02"],
  ["a later version with more in it", `cc-${traceId}-${parentId}-01-what-the-future-brings`, "01"],
])("traceOf: %s is continued", (_, traceparent, flags) => {
  expect(traceOf({ traceparent, tracestate: "a=1,b=2" }, rng())).toEqual({ traceId, parentId, flags, state: "a=1,b=2" });
});

test.each([
  ["none", undefined],
  ["upper case", `00-${traceId.toUpperCase()}-${parentId}-01`],
  ["version ff", `ff-${traceId}-${parentId}-01`],
  ["version 00 with more in it", `00-${traceId}-${parentId}-01-more`],
  ["version 00 with a dash too many", `00-${traceId}-${parentId}-01-`],
  ["a later version with more, but no dash", `cc-${traceId}-${parentId}-01.more`],
  ["a trace of zeros", `00-${"0".repeat(32)}-${parentId}-01`],
  ["a parent of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
  ["two of them", `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`],
  ["half of one", `00-${traceId}`],
])("traceOf: %s begins a trace of its own, and what state there was is not its", (_, traceparent) => {
  const trace = traceOf({ ...(traceparent !== undefined && { traceparent }), tracestate: "a=1" }, rng());
  expect(trace).toEqual({ traceId: expect.stringMatching(/^(?!0af7)[0-9a-f]{32}$/), parentId: null, flags: "01", state: null });
});

test("forwardedHeaders: the request's id, the trace with the attempt as parent, and the client's state where it has one", () => {
  const trace = { traceId, parentId, flags: "01", state: null };
  const forwarded = { "x-client-request-id": "r-1", traceparent: `00-${traceId}-1111111111111111-01` };
  expect(forwardedHeaders("r-1", trace, "1111111111111111")).toEqual(forwarded);
  expect(forwardedHeaders("r-1", { ...trace, state: "a=1" }, "1111111111111111")).toEqual({ ...forwarded, tracestate: "a=1" });
});

test("drawHex: two digits for each byte that is drawn, and never zeros alone", () => {
  const drawn = (values: readonly number[]) => {
    const left = [...values];
    return drawHex({ next: () => left.shift()! / 256, fork: () => seededRng(1) }, values.length);
  };
  expect(drawn([0, 1, 0xab, 255])).toBe("0001abff");
  expect(drawn([0, 0, 0])).toBe("000001");
  expect(drawn([0, 0, 0x10])).toBe("000010");
});
