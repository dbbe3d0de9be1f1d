import { paintFor } from "../../board/paint.ts";
import { playExhibit } from "../../exhibit/exhibit.ts";
import { exhibitText } from "../../exhibit/text.ts";
import { writeJson, type Io } from "../io.ts";

/** `blastlab exhibit`: a provider down, the gateway dead, the gateway sick, on every stack that comes with the lab. */
export async function exhibitCommand({ json = false }: { readonly json?: boolean }, io: Io): Promise<void> {
  const cells = await playExhibit((done, total) => {
    if (io.stderr.isTTY) io.stderr.write(`\rexhibit: run ${done} of ${total}${done === total ? "\n" : ""}`);
  });
  if (json) writeJson(io, cells);
  else io.stdout.write(`\n${exhibitText(cells, paintFor(io.stdout))}`);
}
