/** `npm run edge:conformance [CASE]`: every case on both engines; prints the figures as a table. Exit 1 where a case that must hold does not. */
import { findHaproxy } from "../../../gateway/edge/haproxy/find.ts";
import { cases } from "./cases.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run edge:conformance -- [CASE]

Every case on both engines of the edge. Needs HAProxy.
`;
const {
  positionals: [named],
} = scriptOptions(usage, {}, { allowPositionals: true });

process.stdout.write(`HAProxy ${findHaproxy(process.env).version}\n\n| case | engine | holds | figures |\n|---|---|---|---|\n`);
for (const { name, haproxyLimit, run } of cases.filter((one) => named === undefined || one.name === named)) {
  for (const engine of ["embedded", "haproxy"] as const) {
    const { holds, figures } = await run(engine);
    if (!holds && (engine === "embedded" || haproxyLimit === null)) process.exitCode = 1;
    process.stdout.write(`| ${name} | ${engine} | ${holds ? "yes" : "no"} | ${figures} |\n`);
  }
}
