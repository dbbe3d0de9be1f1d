import { expect, test } from "vitest";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import { plan } from "../../board/fixtures/run.ts";
import { deadManMs } from "./dead-man.ts";

const at = (site: string) => ({ target: { components: [site], links: [] } });
const withFaults = (...faults: Parameters<typeof faultOf>[0][]) => ({ ...plan, faults: faults.map(faultOf) });

test("deadManMs: until the last fault at the site that has begun is to be lifted, and 10 s more", () => {
  const faults = withFaults({ id: "a", ...at("gateway"), fromMs: 30_000, toMs: 40_000 }, { id: "b", ...at("gateway"), fromMs: 60_000, toMs: 65_000 }, { id: "c", ...at("store"), fromMs: 30_000, toMs: 90_000 });
  expect(deadManMs(faults, "gateway", 30_100)).toBe(19_900);
  expect(deadManMs(faults, "gateway", 60_100)).toBe(14_900);
});

test("deadManMs: what is never lifted may stay until the records are closed; nothing has less than 10 s", () => {
  const forever = withFaults({ id: "a", ...at("gateway"), fromMs: 30_000, toMs: 100_000, lifted: false });
  expect(deadManMs(forever, "gateway", 30_000)).toBe(190_000);
  expect(deadManMs(withFaults(), "gateway", 30_000)).toBe(10_000);
  expect(deadManMs(withFaults({ id: "a", ...at("gateway"), fromMs: 30_000, toMs: 40_000 }), "gateway", 45_000)).toBe(10_000);
});
