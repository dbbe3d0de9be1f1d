/**
 * @copilotkit/aimock with one fixture for every request: the same words in the same number of chunks, without delay.
 */
import { LLMock } from "@copilotkit/aimock";
import { answerWords } from "./workload.ts";

const content = answerWords.join("");
const mock = new LLMock({ port: 0, host: "127.0.0.1", latency: 0, chunkSize: Math.ceil(content.length / answerWords.length), logLevel: "silent" });
mock.addFixture({ match: {}, response: { content } });
const url = await mock.start();
process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
