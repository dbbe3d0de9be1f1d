import { expect, test } from "vitest";
import { madePlayed, type MadeResult } from "../../lab/suite/results.fixture.ts";
import { liveLine, problemOf, type LiveRow } from "./live-table.ts";

function row(live: MadeResult, virtual: readonly MadeResult[], wallMs = 95_000): LiveRow {
  const played = madePlayed({ end: "deviated", meant: "deviated", ...live });
  return { live: { ...played, effort: { ...played.effort, wallMs } }, virtual: virtual.map((made) => madePlayed({ end: "deviated", ...made })) };
}

test("problemOf: a live run that ends as meant and as in virtual time, in time and as bad, has none", () => {
  expect(problemOf(row({ lostDemand: 0.3 }, [{ lostDemand: 0.26 }, { lostDemand: 0.27 }, { lostDemand: 0.9 }]))).toBeNull();
});

test("problemOf: what virtual time cannot have, or the stack lacks, is no difference", () => {
  expect(problemOf(row({}, [{ end: "not_applicable" }]))).toBeNull();
  expect(problemOf(row({ end: "not_applicable", meant: "not_applicable" }, [{ end: "not_applicable" }]))).toBeNull();
});

test("problemOf: another end, another end in virtual time, a long run and another lost demand are each named", () => {
  expect(problemOf(row({ end: "held", reason: "Nothing broke." }, [{}]))).toBe("live it ended as held: Nothing broke.");
  expect(problemOf(row({}, [{}, { end: "not_recovered" }]))).toBe("in virtual time it ended as deviated, not recovered");
  expect(problemOf(row({}, [{}], 130_000))).toBe("live it took 130 s");
  expect(problemOf(row({ lostDemand: 0.4 }, [{ lostDemand: 0.3 }]))).toBe("lost demand differs by 10 %");
});

test("liveLine: shows both, and why they differ where that is known", () => {
  const line = liveLine(row({ lostDemand: 0.4 }, [{ lostDemand: 0.3 }]), { "smoke on naive": "Because | of it." });
  expect(line).toBe("| smoke | naive | deviated | deviated | 40 % | 30 % | 95 s | lost demand differs by 10 %. Because \\| of it. |");
});
