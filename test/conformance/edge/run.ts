/**
 * `npm run edge:conformance [CASE]`: every case on both engines; prints the figures as a table. Exit 1 where a case
 * that must hold does not.
 */
import { findHaproxy } from "../../../gateway/edge/haproxy/find.ts";
import { cases, play } from "./cases.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run edge:conformance -- [CASE]

Every case on both engines of the edge. Needs HAProxy.
`;
const {
  positionals: [named],
} = scriptOptions(usage, {}, { allowPositionals: true });

process.stdout.write(`HAProxy ${findHaproxy(process.env).version}\n\n| case | engine | holds | figures |\n|---|---|---|---|\n`);
for (const one of cases.filter(({ name }) => named === undefined || name === named)) {
  for (const engine of ["embedded", "haproxy"] as const) {
    const { holds, figures } = await play(one, engine);
    if (!holds && (engine === "embedded" || one.haproxyLimit === null)) process.exitCode = 1;
    process.stdout.write(`| ${one.name} | ${engine} | ${holds ? "yes" : "no"} | ${figures} |\n`);
  }
}
