import { describe, expect, test } from "vitest";
import { exchanges } from "./exchanges.ts";
import { networks } from "./networks.ts";
import { transcribe } from "./transcript.ts";

// The golden transcript was recorded from Toxiproxy 2.12.0 and is compared with both; `normalise.ts` and
// `differences.ts` list what may differ.
for (const choice of networks) {
  describe.skipIf(choice.start === null)(`HTTP transcripts: ${choice.name}`, () => {
    test("control API: every call and every error is answered as in the golden transcript", async () => {
      const network = await choice.start!();
      try {
        await expect(await transcribe(network, exchanges)).toMatchFileSnapshot("golden/toxiproxy-2.12.0.txt");
      } finally {
        await network.close();
      }
    });
  });
}
