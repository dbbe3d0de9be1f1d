import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { terminalMarkdown } from "./terminal-markdown.ts";

const page = `# A title

A *first* paragraph with \`code\`, an escaped \\| bar
and **bold** words, ([post-mortem](https://status.example.com/1)) and [metrics.md](metrics.md).

- \`naive\`: one thing
  on two lines
- another

| measure | of what |
|---|---|
| **lost** | of the demand during the faults, as long as they lasted |

|  |  |
|---|---|
| run | 1 |

\`\`\`
 ▇▆█
\`\`\`
`;

test("terminalMarkdown: without a terminal it is plain text, with neither marks nor colours", () => {
  expect(terminalMarkdown(page, {})).toBe(`A title

A first paragraph with code, an escaped | bar and bold words, (post-mortem: https://status.example.com/1) and
metrics.md.

- naive: one thing on two lines
- another

measure  of what
lost     of the demand during the faults, as long as they lasted

run  1

   ▇▆█
`);
});

test("terminalMarkdown: on a terminal it has colours, and fits its columns, tables included", () => {
  const text = terminalMarkdown(page, { isTTY: true, columns: 40 });
  expect(text).toContain("\u001B[1m");
  const lines = stripVTControlCharacters(text).split("\n");
  expect(lines.filter((line) => line.length > 40)).toEqual([]);
  expect(lines).toContain("lost     of the demand during the");
});

test("terminalMarkdown: NO_COLOR leaves the colours out", () => {
  const before = process.env["NO_COLOR"];
  process.env["NO_COLOR"] = "1";
  try {
    expect(terminalMarkdown(page, { isTTY: true, columns: 80 })).not.toContain("\u001B[");
  } finally {
    if (before === undefined) delete process.env["NO_COLOR"];
    else process.env["NO_COLOR"] = before;
  }
});

test("terminalMarkdown: a word that is wider than its column is whole", () => {
  expect(terminalMarkdown("| a | b |\n|---|---|\n| unexplained | attempts at a deployment |\n", { columns: 24 })).toContain("unexplained  attempts at");
});
