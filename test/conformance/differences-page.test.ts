import { expect, test } from "vitest";
import { differencesPage } from "./differences.ts";

test("differences: docs/toxiproxy-differences.md is rendered from the table", async () => {
  await expect(differencesPage()).toMatchFileSnapshot("../../docs/toxiproxy-differences.md");
});
