import { expect, test } from "vitest";
import { differencesPage } from "./differences.ts";

test("differences: docs/toxiproxy-differences.md says what the table says", async () => {
  await expect(differencesPage()).toMatchFileSnapshot("../../docs/toxiproxy-differences.md");
});
