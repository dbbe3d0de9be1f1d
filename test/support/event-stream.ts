import { request } from "node:http";

/** The parts of a live page as its server sends them. */
export interface LivePageReading {
  /** Resolves with the page's parts once `is` holds for them. Rejects when the server ends before. */
  found(is: (parts: Readonly<Record<string, string>>) => boolean): Promise<Readonly<Record<string, string>>>;
  close(): void;
}

/** Reads a live page's server-sent events as a browser does. */
export function readEvents(url: string): LivePageReading {
  const parts: Record<string, string> = {};
  const looks = new Set<() => void>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  let text = "";
  const asked = request(url, (answer) => {
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const events = text.split("\n\n");
      text = events.pop()!;
      for (const event of events) if (event.startsWith("event: parts\n")) Object.assign(parts, JSON.parse(event.slice(event.indexOf("data: ") + 6)));
      for (const look of looks) look();
    });
    answer.once("end", () => broken.reject(new Error(`The events ended with ${JSON.stringify(parts).slice(0, 2_000)}`)));
  });
  asked.on("error", broken.reject).end();
  const found = (is: (parts: Readonly<Record<string, string>>) => boolean) => {
    const seen = Promise.withResolvers<Readonly<Record<string, string>>>();
    const look = () => {
      if (!is(parts)) return;
      looks.delete(look);
      seen.resolve({ ...parts });
    };
    looks.add(look);
    look();
    return Promise.race([seen.promise, broken.promise]);
  };
  return { found, close: () => void asked.destroy() };
}
