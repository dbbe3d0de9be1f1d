/** Longer lines are cut: no child can fill our memory by never ending its line. */
const lineLengthMax = 1 << 20;

/** Feeds chunks of text, calls `onLine` for each complete line without its end. */
export function lineSplitter(onLine: (line: string) => void): { push(text: string): void; end(): void } {
  let rest = "";
  const push = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(0, lineLengthMax);
    for (const line of lines) onLine(line.replace(/\r$/, ""));
  };
  const end = () => {
    if (rest !== "") onLine(rest);
    rest = "";
  };
  return { push, end };
}
