import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { freePort } from "./free-port.ts";

test("freePort: a port that somebody listens at is passed over", async () => {
  const taken = createServer().listen(await freePort(), "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const draw = (port - 20_000 + 0.5) / 10_000;
  const draws = [draw, draw, 0.999_99];
  expect(await freePort(() => draws.shift()!)).toBe(29_999);
  taken.close();
});
