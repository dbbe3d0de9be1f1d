import { expect, test } from "vitest";
import type { Dialect } from "../../kernel/chat.ts";
import { providerDialects } from "../dialects/dialects.ts";
import { transcriptOf } from "./transcript.ts";

test.each(Object.keys(providerDialects) as Dialect[])("%s: every byte equals the golden transcript", async (dialect) => {
  await expect(await transcriptOf(dialect)).toMatchFileSnapshot(`${dialect}.txt`);
});
