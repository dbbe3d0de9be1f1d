/**
 * `small`: a line. `prose`: 4 MB in one message. `agent`: 4 MB of an agent's conversation, in 200 messages with code,
 * quotes and other alphabets. `steps`: 4 MB in 25,000 messages of a short line or three.
 */
export type PromptKind = "small" | "prose" | "agent" | "steps";

const BIG_CHARACTERS = 4 * 1024 * 1024;
const AGENT_MESSAGES = 200;
const STEPS = 25_000;
const NUMBER = "0000000000";

const prose = "The quick brown fox jumps over the lazy dog, then reads invoice 4711 from 12.03.2024 by mail. ";
const code = 'export function total(rows: readonly Row[]): string {\n\treturn rows.map(({ name, price }) => `${name}: "${price}" €`).join("\\n");\n}\n';

const filled = (text: string, characters: number) => text.repeat(Math.ceil(characters / text.length));

const contents: Readonly<Record<PromptKind, () => readonly string[]>> = {
  small: () => ["a small request"],
  prose: () => [filled(prose, BIG_CHARACTERS)],
  steps: () => Array.from({ length: STEPS }, (_, index) => `${index}. ${index % 2 === 0 ? prose : code}`),
  agent: () => Array.from({ length: AGENT_MESSAGES }, (_, index) => `${index}. ${filled(index % 2 === 0 ? prose : code, BIG_CHARACTERS / AGENT_MESSAGES)}`),
};

/**
 * Bodies that differ in a number, so that no cache answers them. Nothing is encoded when the next one is taken, and the
 * last one must have been sent.
 */
export function bodies(kind: PromptKind): () => Buffer {
  const messages = contents[kind]().map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content: index === 0 ? `${NUMBER} ${content}` : content }));
  const body = Buffer.from(JSON.stringify({ model: kind === "small" ? "small" : "big", messages }));
  const at = body.indexOf(NUMBER);
  let count = 0;
  return () => {
    const next = kind === "small" ? Buffer.from(body) : body;
    next.write(String(++count).padStart(NUMBER.length, "0"), at);
    return next;
  };
}
