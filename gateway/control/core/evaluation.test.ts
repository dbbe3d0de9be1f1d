import { expect, test } from "vitest";
import { joined, type Evaluation } from "./evaluation.ts";

const of = (decision: Evaluation["decision"]): Evaluation => ({ decision, reasons: [decision] });

test("joined: the strictest of several comparisons decides, by its own reasons", () => {
  expect(joined([of("pass"), of("undecided"), of("fail"), of("unknown"), of("fail")])).toEqual({ decision: "fail", reasons: ["fail", "fail"] });
  expect(joined([of("pass"), of("undecided"), of("unknown")])).toEqual(of("unknown"));
  expect(joined([of("pass"), of("undecided")])).toEqual(of("undecided"));
  expect(joined([of("pass")])).toEqual(of("pass"));
});
