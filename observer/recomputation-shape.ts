import { z } from "zod";
import { LabError, messageOf } from "../kernel/errors.ts";
import type { Recomputation } from "../kernel/recomputation.ts";
import type { ShapeOf } from "./shape-of.ts";

const part = z.strictObject({ digest: z.string(), difference: z.string().nullable() });
const parts = z.strictObject({ plan: part, arrivals: part });

const recomputationSchema = z.strictObject({
  inputs: z.string().nullable(),
  planned: parts.nullable(),
  control: parts.nullable(),
  problems: z.array(z.string()),
  notes: z.array(z.string()),
} satisfies ShapeOf<Recomputation>);

/** The value of `--recomputed`. Throws LabError `refused` `bad_arguments`. */
export function recomputationIn(text: string): Recomputation {
  try {
    return recomputationSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new LabError({ exit: "refused", code: "bad_arguments", message: `Cannot read --recomputed: ${messageOf(error)}`, hint: "It is the lab's own word: `npx blastlab verdict RUN_DIR` gives it", cause: error });
  }
}
