import type { ChatMessage } from "../../kernel/chat.ts";

/**
 * A conversation whose calls have ids that a provider accepts, each its own: providers refuse a second call of the same
 * id (anomalyco/opencode issue 1150), and servers that number the calls of each answer give such. A result follows the
 * call of its id in the last turn that made one, the first result the first call. `accepted` returns an id as the
 * provider takes it.
 */
export function withOwnIds(messages: readonly ChatMessage[], accepted: (id: string) => string): readonly ChatMessage[] {
  const used = new Set<string>();
  const open = new Map<string, string[]>();
  const latest = new Map<string, { readonly own: string; readonly count: number }>();
  const ownId = (id: string): string => {
    let count = (latest.get(id)?.count ?? 0) + 1;
    let own = accepted(count === 1 ? id : `${id}_${count}`);
    while (used.has(own)) own = accepted(`${id}_${++count}`);
    used.add(own);
    latest.set(id, { own, count });
    return own;
  };
  return messages.map((message) => {
    const { toolCalls, toolCallId } = message;
    if (toolCalls !== undefined) {
      for (const { id } of toolCalls) open.set(id, []);
      const owned = toolCalls.map((call) => ({ ...call, id: ownId(call.id) }));
      for (const [index, { id }] of toolCalls.entries()) open.get(id)!.push(owned[index]!.id);
      return { ...message, toolCalls: owned };
    }
    if (toolCallId === undefined) return message;
    return { ...message, toolCallId: open.get(toolCallId)?.shift() ?? latest.get(toolCallId)?.own ?? accepted(toolCallId) };
  });
}
