import { expect, test } from "vitest";
import { startCli } from "../../test/support/cli.ts";

test("ui: serves its page until Ctrl-C, and ends with 0", async () => {
  await using cli = await startCli(["ui"]);
  const [url] = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(await cli.printed(/Ctrl-C ends it/))!;
  expect(await (await fetch(url, { redirect: "manual" })).text()).toContain("There is no run with a verdict yet.");
  cli.process.kill("SIGINT");
  expect(await cli.ended).toMatchObject({ code: 0, stderr: "" });
});

test("run: with --ui and no page open a run that is refused ends at once, with its own exit code", async () => {
  await using cli = await startCli(["run", "no-such-scenario", "--ui"]);
  expect(await cli.ended).toMatchObject({ code: 4, stdout: expect.stringMatching(/^live page: http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/live\/\n/) as string, stderr: expect.stringContaining("no-such-scenario") as string });
});

test("run: --ui cannot be had in virtual time", async () => {
  await using cli = await startCli(["run", "smoke", "--virtual", "--ui"]);
  expect(await cli.ended).toMatchObject({ code: 4, stderr: expect.stringContaining("--ui") as string });
});
