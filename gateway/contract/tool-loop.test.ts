import { expect, test } from "vitest";
import { expectedAnswer } from "./fixtures/fixture.ts";
import { dialects, fixturesOf, says, startGatewayTo } from "./support/gateway.ts";
import type { Answer } from "./support/provider.ts";

const parameters = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] });

test.each(dialects.flatMap((dialect) => [false, true].map((stream) => [dialect, stream] as const)))("tool loop: the OpenAI SDK's own runner calls both tools of %s and gets its answer, stream %s", async (dialect, stream) => {
  let turn = 0;
  const answer: Answer = (response, seen) => says(fixturesOf[dialect][turn++ === 0 ? "tools" : "text"])(response, seen);
  const { openai, providers } = await startGatewayTo([[dialect, answer]]);
  const called: unknown[] = [];
  const tool = (name: string, field: string) => ({
    type: "function" as const,
    function: {
      name,
      description: name,
      parameters: parameters(field),
      parse: JSON.parse,
      function: (input: object) => {
        called.push({ name, arguments: input });
        return `result of ${name}`;
      },
    },
  });
  const ask = { model: "chat", messages: [{ role: "user" as const, content: "Say it." }], tools: [tool("get_weather", "city"), tool("get_time", "zone")] };
  const runner = stream ? openai.chat.completions.runTools({ ...ask, stream }) : openai.chat.completions.runTools(ask);
  expect(await runner.finalContent()).toBe(expectedAnswer.text);
  expect(called).toEqual(expectedAnswer.calls.map(({ name, arguments: input }) => ({ name, arguments: input })));
  const history = JSON.stringify(providers[0]!.seen[1]!.body);
  for (const { name } of expectedAnswer.calls) expect(history).toContain(`result of ${name}`);
});
