import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { portOwner } from "./port-owner.ts";

test.skipIf(!existsSync("/proc/net/tcp"))("portOwner: the process that listens, by name and pid, and null when nobody does", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(portOwner(port)).toMatch(new RegExp(`^\\S.* \\(pid ${process.pid}\\)$`));
  server.close();
  await once(server, "close");
  expect(portOwner(port)).toBeNull();
});
