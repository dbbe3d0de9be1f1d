import type { ChatRequest, GatewayDialect } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import type { DeploymentConfig } from "../core/config.ts";
import type { UpstreamDialect } from "../core/contracts.ts";
import { type EncodedRequest, jsonBody, type RequestBody, withBody } from "../core/encoded-request.ts";
import { readAnswer } from "./answer.ts";
import { OpenaiReader, type OpenaiShapes } from "./openai-reader.ts";
import { callId, chatBody, embeddingsBody, lackingOfOpenai, messageObject, type OpenaiFlavour, toolObject } from "./openai-request.ts";
import { compatibleChunk, compatibleCompletion, compatibleEmbeddings, openaiChunk, openaiCompletion, openaiEmbeddings } from "./openai-shape.ts";
import { ownBody, type OwnWords } from "./own-request.ts";
import { providerError } from "./provider-error.ts";
import { lackingOfResults } from "./tool-results.ts";

/** OpenAI chat completions and embeddings, as OpenAI's API. `baseUrl` ends in `/v1`. */
export const openaiUpstream: UpstreamDialect = flavoured("openai", {
  hints: "all",
  limitName: "max_completion_tokens",
  stopsMax: 4,
  isStrict: true,
  takesAnyId: false,
  shapes: { completion: openaiCompletion, chunk: openaiChunk, embeddings: openaiEmbeddings, isStrict: true },
});

/**
 * The same format on self-hosted servers and from other providers: fewer parameters are sent, and less is required of
 * an answer.
 */
export const openaiCompatibleUpstream: UpstreamDialect = flavoured("openai_compatible", {
  hints: "user",
  limitName: "max_tokens",
  stopsMax: Infinity,
  isStrict: false,
  takesAnyId: true,
  shapes: { completion: compatibleCompletion, chunk: compatibleChunk, embeddings: compatibleEmbeddings, isStrict: false },
});

function flavoured(name: GatewayDialect, flavour: OpenaiFlavour & { readonly shapes: OpenaiShapes }): UpstreamDialect {
  return {
    name,
    format: "openai",
    encodeRequest: (request, deployment, credential, forwarded) => encodeRequest(request, deployment, { credential, forwarded, flavour }),
    decodeAnswer: (response, stream, expected) => readAnswer(response, stream, new OpenaiReader(flavour.shapes, expected?.model, expected?.answerId), { vectors: expected?.vectors, onKeepAlive: expected?.onKeepAlive, keeps: expected?.keepsPieces === true ? "openai" : null }),
    decodeError: providerError,
    unsupportedParameters: (request) => lacking(request, flavour),
  };
}

function lacking(request: ChatRequest, { stopsMax, isStrict }: OpenaiFlavour): readonly string[] {
  const { sampling, messages, source } = request;
  const { topK, stop } = sampling ?? {};
  const asked: readonly (readonly [name: string, isAsked: boolean])[] = [
    ["top_k", topK !== undefined],
    ["stop", stop !== undefined && stop.length > stopsMax],
    ...(source?.format === "openai" ? [] : [lackingOfResults(messages), ...(isStrict ? lackingOfOpenai(request) : [])]),
  ];
  return asked.filter(([, isAsked]) => isAsked).map(([name]) => name);
}

interface Sender {
  readonly credential: string;
  readonly forwarded: Headers;
  readonly flavour: OpenaiFlavour;
}

function encodeRequest(request: ChatRequest, deployment: DeploymentConfig, { credential, forwarded, flavour }: Sender): EncodedRequest {
  const isEmbedding = request.embedding !== undefined;
  return withBody(bodyOf(request, deployment, flavour), {
    method: "POST",
    url: `${deployment.baseUrl}/${isEmbedding ? "embeddings" : "chat/completions"}`,
    headers: {
      ...(request.source?.format === "openai" && request.source.headers),
      ...forwarded,
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      authorization: `Bearer ${credential}`,
    },
  });
}

function bodyOf(request: ChatRequest, deployment: DeploymentConfig, flavour: OpenaiFlavour): RequestBody {
  const { source } = request;
  const { model } = deployment;
  if (source?.format === "openai") return ownBody(source, request, model, wordsOf(flavour, request, deployment));
  return jsonBody(request, request.embedding === undefined ? chatBody(request, deployment, flavour) : embeddingsBody(request, model, flavour));
}

function wordsOf({ limitName, takesAnyId }: OpenaiFlavour, { embedding }: ChatRequest, { streamUsage = true }: DeploymentConfig): OwnWords {
  const other = limitName === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  return { callId: takesAnyId ? (id) => id : callId, list: "messages", limits: [limitName, other], asksForUsage: embedding === undefined && streamUsage, message: (message) => [messageObject(message)], tool: toolObject };
}
