import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "");
const sources = tracked.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("test/") && file !== "vitest.config.ts");
const text = (file: string) => readFileSync(path.join(root, file), "utf8");

/** Which packages and top-level folders each part may import. `@own` is the part's own top folder. */
interface Rule {
  readonly part: RegExp;
  readonly folders: readonly RegExp[];
  readonly packages: readonly RegExp[];
}

const any = /.*/;
const node = /^node:/;
const pure = /^(.*\/)?(core|dialects)\/|^gateway\/config\/|^gateway\/(edge|control|vault)\/config\.ts$|^gateway\/evals\/(gate|corpus)-schema\.ts$|^gateway\/control\/(region|package-diff)\.ts$|^simulators\/network\/toxics\/|^observer\/(measure|view)\/|^scenarios\/workloads\/|^lab\/(actions|faults)\//;
const kernelNoun = /^kernel\/(?!clock-(live|virtual)\.ts)/;
const rules: readonly Rule[] = [
  { part: /^kernel\/clock-(live|virtual)\.ts$/, folders: [/^kernel\//], packages: [node] },
  { part: /^kernel\//, folders: [kernelNoun], packages: [] },
  { part: /^gateway\/.*(core|dialects)\//, folders: [kernelNoun, /^gateway\/.*(core|dialects)\//], packages: [] },
  { part: /^simulators\/(.*(core|dialects)\/|network\/toxics\/)/, folders: [kernelNoun, /^simulators\/(.*(core|dialects)\/|network\/toxics\/)/], packages: [] },
  { part: /^observer\/measure\//, folders: [kernelNoun, /^observer\/measure\//], packages: [] },
  { part: /^observer\/view\//, folders: [kernelNoun, /^observer\/(measure|view)\//], packages: [] },
  { part: /^scenarios\/workloads\//, folders: [kernelNoun, /^scenarios\/workloads\//], packages: [] },
  { part: /^lab\/(.*core|actions|faults)\//, folders: [kernelNoun, /^lab\/(.*core|actions|faults)\//, /^scenarios\/faults\//], packages: [] },
  { part: /^gateway\/config\//, folders: [kernelNoun, /^gateway\/config\//, /^gateway\/(vault\/)?core\//], packages: [/^zod$/] },
  { part: /^gateway\/control\/(region|package-diff)\.ts$/, folders: [kernelNoun, /^gateway\/config\//, /^gateway\/control\/(config|region|package-diff)\.ts$/, /^gateway\/control\/core\//], packages: [] },
  { part: /^gateway\/((edge|control|vault)\/config|evals\/(gate|corpus)-schema)\.ts$/, folders: [kernelNoun, /^gateway\/config\//, /^gateway\/(edge|control|vault|evals)\/core\//, /^gateway\/evals\/gate-schema\.ts$/], packages: [/^zod$/] },
  { part: /^gateway\//, folders: [/^kernel\//, /^gateway\//], packages: [any] },
  { part: /^simulators\//, folders: [/^kernel\//, /^simulators\//], packages: [any] },
  { part: /^observer\//, folders: [/^kernel\//, /^observer\//], packages: [any] },
  { part: /^scenarios\/k6\//, folders: [/^scenarios\/k6\//], packages: [/^k6/] },
  { part: /^scenarios\//, folders: [kernelNoun, /^scenarios\//], packages: [/^zod$/, /^yaml$/] },
  { part: /^lab\/virtual\//, folders: [/^kernel\//, pure, /^scenarios\/(?!k6)/, /^lab\/virtual\//, /^lab\/.*core\//, /^lab\/plan\/((gateway|edge|control|vault)-config|eval-gates|packages|providers)\.ts$/], packages: [] },
  { part: /^lab\/plan\//, folders: [/^kernel\//, /^lab\//, /^scenarios\/(?!k6)/, /^observer\/measure\//, /^gateway\/config\//, /^gateway\/(edge|control|vault)\/config\.ts$/, /^gateway\/evals\/(core\/corpus|(gate|corpus)-schema|schema-check)\.ts$/], packages: [any] },
  { part: /^lab\//, folders: [/^kernel\//, /^lab\//, /^scenarios\/(?!k6)/, /^observer\/(measure|view)\//], packages: [any] },
  { part: /^bypass\//, folders: [/^bypass\//], packages: [node] },
  { part: /^dashboards\//, folders: [/^kernel\/metric-names\.ts$/, /^dashboards\//], packages: [any] },
];

const specifiers = (source: string) =>
  [...source.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|(?:^|\n)import\s+["']([^"']+)["']/g)].map(
    (match) => (match[1] ?? match[2] ?? match[3])!,
  );

function violations(file: string): string[] {
  const rule = rules.find(({ part }) => part.test(file));
  if (rule === undefined) return [`${file}: no import rule for this folder; add it to the table`];
  return specifiers(text(file)).flatMap((specifier) => {
    if (specifier.startsWith(".")) {
      const target = path.posix.join(path.posix.dirname(file), specifier);
      return rule.folders.some((allowed) => allowed.test(target)) ? [] : [`${file} may not import ${target}`];
    }
    return rule.packages.some((allowed) => allowed.test(specifier)) ? [] : [`${file} may not import ${specifier}`];
  });
}

test("imports: every source file keeps to the table", () => {
  expect(sources.length).toBeGreaterThan(10);
  expect(sources.flatMap(violations)).toEqual([]);
});

test("imports: the rule reads every form of import, and refuses", () => {
  expect(specifiers('import { a } from "x";\nimport type { B } from "./b.ts";\nexport { c } from "./c.ts";\nawait import("./d.ts");\nimport "e";')).toEqual([
    "x",
    "./b.ts",
    "./c.ts",
    "./d.ts",
    "e",
  ]);
});

test("files: one idea each, at most 400 lines", () => {
  const long = tracked
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .map((file) => [file, text(file).split("\n").length] as const)
    .filter(([, lines]) => lines > 400);
  expect(long).toEqual([]);
});

test("files: nothing tracked names this machine or a registry", () => {
  const forbidden = [["/wo", "rk/"].join(""), ["/ro", "ot/"].join(""), ["registry.", "npmjs"].join(""), ["proxy.", "golang"].join("")];
  const found = tracked
    .filter((file) => /\.(ts|mjs|json|ya?ml|md|sh)$|^\.ci\/run$|^\.npmrc$/.test(file))
    .flatMap((file) => forbidden.filter((word) => text(file).includes(word)).map((word) => `${file}: ${word}`));
  expect(found).toEqual([]);
});

test("files: nothing tracked names a paper that is not in this repository", () => {
  const papers = [["DECI", "SIONS"].join(""), ["DE", "SIGN.md"].join(""), ["(design", ", section"].join("")];
  const found = tracked.filter((file) => /\.(ts|mjs|ya?ml|md)$/.test(file)).flatMap((file) => papers.filter((paper) => text(file).includes(paper)).map((paper) => `${file}: ${paper}`));
  expect(found).toEqual([]);
});

test("tests: every name says what it is about and how that behaves", () => {
  const unnamed = tracked
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap((file) => [...text(file).matchAll(/(?<!\.)\btest(?:\.\w+\([^)]*\))?\(\s*["`]([^"`]+)["`]/g)].map((match) => `${file}: ${match[1]}`))
    .filter((name) => !/: [^:]+: ?\S|: .+: /.test(name));
  expect(unnamed).toEqual([]);
});

/**
 * How a test does not wait and does not judge a command: one gives up after a second, the other fails without a reason.
 */
const hasty = [
  { found: new RegExp(["vi", "waitFor\\("].join("\\.")), instead: "untilPasses (test/support/until-passes.ts)" },
  { found: /expect\(\(?(?:await )?[\w.]*(?:\([^\n]*\)\)\.)?\bcode\)\.toBe\(\d/, instead: "expectCode (test/support/exit-code.ts)" },
];

const hastyIn = (source: string) => hasty.filter(({ found }) => found.test(source)).map(({ instead }) => instead);

test("tests: they wait as long as a slow machine needs, and a wrong exit code shows what the command printed", () => {
  const tests = tracked.filter((file) => file.endsWith(".test.ts"));
  expect(tests.length).toBeGreaterThan(100);
  expect(tests.flatMap((file) => hastyIn(text(file)).map((instead) => `${file}: use ${instead}`))).toEqual([]);
  const codes = ["code", "ended.code", "(await blastlab(one, two)).code", "await push.code"].map((code) => `expect(${code}).toBe(130);`);
  expect(codes.flatMap(hastyIn)).toHaveLength(codes.length);
  expect(hastyIn(`await ${["vi", "waitFor"].join(".")}(() => {})`)).toHaveLength(1);
  expect(hastyIn('expect(error.code).toBe("port_in_use");')).toEqual([]);
});

test("listeners: every one of the product passes the shared backlog (kernel/listen.ts)", () => {
  const calls = sources
    .filter((file) => !/\/(fixtures|support)\//.test(file))
    .flatMap((file) => [...text(file).matchAll(/\.listen\(.*/g)].map(([call]) => `${file}: ${call}`));
  expect(calls.length).toBeGreaterThan(3);
  expect(calls.filter((call) => !call.includes("backlog: listenBacklog"))).toEqual([]);
});

test("requests: the lab and the observer follow no redirect, so that what was judged is what is asked", () => {
  const calls = sources
    .filter((file) => /^(lab|observer)\//.test(file) && !/fixture/.test(file))
    .flatMap((file) => [...text(file).matchAll(/(?<![\w.])fetch\([^;]*;/g)].map(([call]) => `${file}: ${call}`));
  expect(calls.length).toBeGreaterThan(6);
  expect(calls.filter((call) => !call.includes('redirect: "manual"'))).toEqual([]);
});

const kindsOfFaults = [.../FaultKind =\n([^;]+);/.exec(text("kernel/fault.ts"))![1]!.matchAll(/"(\w+)"/g)].map(([, kind]) => kind!);
/** Who reads a plan goes by what every fault has: target, reach, phases, signature. */
const kindless = sources.filter((file) => /^(observer|lab\/board|lab\/report)\//.test(file) && !/fixture/.test(file));
/** The same word for another thing: how a probe failed. */
const otherWords = [{ file: "observer/canary.ts", line: 'return "dns";' }];

/** Literals that equal a kind's name, and tables whose keys are kinds. */
function namedKinds(file: string, source: string): string[] {
  const names = kindsOfFaults.join("|");
  const literals = source.split("\n").filter((line) => new RegExp(`(["'\`])(?:${names})\\1`).test(line) && !otherWords.some((other) => other.file === file && line.endsWith(other.line)));
  const keys = new Set([...source.matchAll(new RegExp(`(?:^|[{,])\\s*(${names})\\s*:(?!:)`, "gm"))].map(([, kind]) => kind));
  return [...literals.map((line) => `${file}: ${line.trim()}`), ...(keys.size > 1 ? [`${file}: keys ${[...keys].join(", ")}`] : [])];
}

test("faults: nobody in observer, board or report names a kind", () => {
  expect(kindsOfFaults).toContain("link_down");
  expect(kindsOfFaults.length).toBeGreaterThan(9);
  expect(kindless.length).toBeGreaterThan(30);
  expect(kindless.flatMap((file) => namedKinds(file, text(file)))).toEqual([]);
});

test("faults: the rule finds a comparison, a case and a table by kind, and lets other words pass", () => {
  const found = (source: string) => namedKinds("observer/x.ts", source).length;
  expect(found('if (fault.kind === "process") return;')).toBe(1);
  expect(found("    case 'cache_flush':")).toBe(1);
  expect(found("const words = { toxic: one, dns: two };")).toBe(1);
  expect(found("const words = {\n  outage: one,\n  incident: two,\n};")).toBe(1);
  expect(found("/** A process that dies, an outage: both. */\nfunction go({ incident }: WireRecord, process: Process) {}")).toBe(0);
  expect(namedKinds("observer/canary.ts", '  if (code === "ENOTFOUND") return "dns";')).toEqual([]);
});
