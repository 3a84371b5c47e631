// A server of Gemini's API on loopback that answers with the echo engine (docs/echo.md describes its script). Like the
// real server, it rejects unknown fields, so that the engine's requests are checked against the published format.

import { z } from 'zod'
import { ChatError, type ChatErrorKind } from '../../chat/error.ts'
import type { ChatEvent, FinishReason, StartedPart, TokenLogprob } from '../../chat/event.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { AssistantPart, Message } from '../../chat/message.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { ToolChoice } from '../../chat/tool.ts'
import type { Usage } from '../../chat/usage.ts'
import { eventsOf } from '../answer.testing.ts'
import { openEcho } from '../echo/echo.ts'

export interface ScriptedGemini {
	/** Base URL with the version. */
	readonly url: string
	/** All requests received so far. */
	readonly requests: readonly ReceivedGeminiRequest[]
	close(): Promise<void>
}

export interface ReceivedGeminiRequest {
	readonly path: string
	readonly headers: Headers
	readonly body: unknown
}

/** @param key the accepted value of `x-goog-api-key`. */
export function listenScriptedGemini(key: string, contextTokens = 1000): ScriptedGemini {
	const engine = openEcho({ contextTokens })
	const requests: ReceivedGeminiRequest[] = []
	const server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		idleTimeout: 0,
		async fetch(request) {
			const { pathname, search } = new URL(request.url)
			const body: unknown = await request.json()
			requests.push({ path: pathname + search, headers: request.headers, body })
			if (request.headers.get('x-goog-api-key') !== key) return refusal(400, 'API key not valid.', badKey)
			const [, method] = /:(\w+)$/.exec(pathname) ?? []
			try {
				if (method === 'batchEmbedContents') return Response.json(await embed(engine, embedBody.parse(body)))
				if (method === 'countTokens') return Response.json(await count(engine, countBody.parse(body), request.signal))
				const parsed = generateBody.parse(body)
				// Tool calls have a signature if thinking is enabled.
				const signs = parsed.generationConfig.thinkingConfig !== undefined
				const chunks = chunksOf(await begin(engine, parsed, request.signal), signs)
				return method === 'generateContent' ? await whole(chunks) : stream(chunks)
			} catch (thrown) {
				return refuse(thrown)
			}
		},
	})
	return {
		url: `http://127.0.0.1:${server.port}/v1beta`,
		requests,
		async close() {
			await server.stop(true)
			await engine.close()
		},
	}
}

type EchoEngine = ReturnType<typeof openEcho>

const blob = z.strictObject({ mimeType: z.string().optional(), data: z.base64() })
const part = z.strictObject({
	text: z.string().optional(),
	thought: z.boolean().optional(),
	thoughtSignature: z.string().optional(),
	inlineData: blob.optional(),
	fileData: z.strictObject({ mimeType: z.string().optional(), fileUri: z.string() }).optional(),
	functionCall: z
		.strictObject({ id: z.string().optional(), name: z.string(), args: z.record(z.string(), z.json()).optional() })
		.optional(),
	functionResponse: z
		.strictObject({
			id: z.string().optional(),
			name: z.string(),
			response: z.record(z.string(), z.json()),
			parts: z.array(z.strictObject({ inlineData: blob })).optional(),
		})
		.optional(),
})
const content = z.strictObject({ role: z.enum(['user', 'model']).optional(), parts: z.array(part).min(1) })
const jsonSchema = z.record(z.string(), z.json())
const generateBody = z.strictObject({
	contents: z.array(content).min(1),
	systemInstruction: content.optional(),
	tools: z
		.array(
			z.strictObject({
				functionDeclarations: z.array(
					z.strictObject({
						name: z.string(),
						description: z.string().optional(),
						parametersJsonSchema: jsonSchema.optional(),
					}),
				),
			}),
		)
		.optional(),
	toolConfig: z
		.strictObject({
			functionCallingConfig: z.strictObject({
				mode: z.enum(['AUTO', 'ANY', 'NONE', 'VALIDATED']),
				allowedFunctionNames: z.array(z.string()).optional(),
			}),
		})
		.optional(),
	generationConfig: z
		.strictObject({
			temperature: z.number().optional(),
			topP: z.number().optional(),
			topK: z.number().optional(),
			maxOutputTokens: z.int().optional(),
			stopSequences: z.array(z.string()).max(5).optional(),
			seed: z.int32().optional(),
			presencePenalty: z.number().optional(),
			frequencyPenalty: z.number().optional(),
			candidateCount: z.int().max(8).optional(),
			responseMimeType: z.enum(['text/plain', 'application/json']).optional(),
			responseJsonSchema: jsonSchema.optional(),
			responseLogprobs: z.boolean().optional(),
			logprobs: z.int().max(20).optional(),
			thinkingConfig: z
				.strictObject({
					thinkingBudget: z.int().optional(),
					thinkingLevel: z.enum(['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']).optional(),
					includeThoughts: z.boolean().optional(),
				})
				.optional(),
		})
		.prefault({}),
	safetySettings: z.array(z.strictObject({ category: z.string(), threshold: z.string() })).optional(),
})
type GenerateBody = z.infer<typeof generateBody>

const countBody = z.union([
	z
		.strictObject({ generateContentRequest: generateBody.extend({ model: z.string() }) })
		.transform(({ generateContentRequest }) => generateContentRequest),
	generateBody,
])
const embedBody = z.strictObject({
	requests: z
		.array(
			z.strictObject({
				model: z.string(),
				content: z.strictObject({
					role: z.literal('user').optional(),
					parts: z.tuple([z.strictObject({ text: z.string() })]),
				}),
				outputDimensionality: z.int().optional(),
			}),
		)
		.min(1)
		.max(100),
})

async function begin(engine: EchoEngine, body: GenerateBody, signal: AbortSignal): Promise<AsyncIterable<ChatEvent>> {
	return eventsOf(await engine.chat(readRequest(body), { signal, model: 'echo', requestId: 'req_scripted' }))
}

function readRequest({ contents, systemInstruction, tools, toolConfig, generationConfig }: GenerateBody): ChatRequest {
	const { candidateCount, maxOutputTokens, responseLogprobs, logprobs, responseMimeType, responseJsonSchema } =
		generationConfig
	const declared = tools?.flatMap(({ functionDeclarations }) => functionDeclarations) ?? []
	return {
		model: 'echo',
		messages: [
			...(systemInstruction === undefined
				? []
				: [{ role: 'system' as const, content: textsOf(systemInstruction.parts) }]),
			...contents.flatMap(readContent),
		],
		sampling: { temperature: generationConfig.temperature ?? 1 },
		maxTokens: maxOutputTokens,
		stop: generationConfig.stopSequences ?? [],
		choices: candidateCount ?? 1,
		logprobs: responseLogprobs ? { top: logprobs ?? 0 } : undefined,
		tools: declared.map(({ name, parametersJsonSchema }) => ({
			type: 'function',
			name,
			strict: false,
			parameters: parametersJsonSchema,
		})),
		toolChoice: declared.length === 0 ? { type: 'none' } : readChoice(toolConfig?.functionCallingConfig),
		parallelToolCalls: true,
		responseFormat:
			responseMimeType !== 'application/json'
				? { type: 'text' }
				: responseJsonSchema === undefined
					? { type: 'json-object' }
					: { type: 'json-schema', name: 'answer', schema: responseJsonSchema, strict: true },
		passthrough: {},
	}
}

function readChoice(
	config: { readonly mode: string; readonly allowedFunctionNames?: readonly string[] | undefined } | undefined,
): ToolChoice {
	if (config?.mode === 'NONE') return { type: 'none' }
	const only = config?.allowedFunctionNames
	return { type: config?.mode === 'ANY' ? 'required' : 'auto', only }
}

type ScriptedPart = z.infer<typeof part>

function textsOf(parts: readonly ScriptedPart[]) {
	return parts.flatMap(({ text, thought }) => (text === undefined || thought ? [] : [{ type: 'text', text } as const]))
}

function readContent({ role, parts }: z.infer<typeof content>): readonly Message[] {
	if (role === 'model') {
		const content = parts.flatMap(({ functionCall: call, ...given }): AssistantPart[] =>
			call === undefined
				? textsOf([given])
				: [
						{
							type: 'tool-call',
							kind: 'function',
							id: call.id ?? call.name,
							name: call.name,
							arguments: JSON.stringify(call.args ?? {}),
						},
					],
		)
		return [{ role: 'assistant', content }]
	}
	const results = parts.flatMap(({ functionResponse: result }): Message[] =>
		result === undefined
			? []
			: [
					{
						role: 'tool',
						callId: result.id ?? result.name,
						content: [{ type: 'text', text: JSON.stringify(result.response) }],
					},
				],
	)
	return results.length > 0 ? results : [{ role: 'user', content: textsOf(parts) }]
}

interface GeminiChunk {
	readonly candidates?: readonly JsonObject[]
	readonly usageMetadata?: JsonObject
	readonly error?: JsonObject
}

/** Finish reasons are sent in the last chunk, together with the usage. */
async function* chunksOf(events: AsyncIterable<ChatEvent>, signs: boolean): AsyncGenerator<GeminiChunk> {
	const ended: JsonObject[] = []
	let open: StartedPart | undefined
	let args = ''
	const chunk = (index: number, part: JsonObject, logprobs?: readonly TokenLogprob[]): GeminiChunk => ({
		candidates: [{ index, content: { role: 'model', parts: [part] }, ...writeLogprobs(logprobs) }],
	})
	for await (const event of events) {
		switch (event.type) {
			case 'start':
			case 'rest':
				break
			case 'part-start':
				open = event.part
				args = ''
				break
			case 'part-delta':
				if (event.part === 'tool-call') args += event.text
				else
					yield chunk(
						event.choice,
						{ text: event.text, thought: event.part === 'reasoning' || undefined },
						event.logprobs,
					)
				break
			case 'part-end':
				if (open?.type === 'tool-call') {
					const functionCall = { id: open.id, name: open.name, args: JSON.parse(args) }
					yield chunk(event.choice, { functionCall, thoughtSignature: signs ? `signed-${open.name}` : undefined })
				}
				break
			case 'choice-finish':
				ended.push({ index: event.choice, finishReason: finishReasons[event.reason] })
				break
			case 'finish':
				yield { candidates: ended, usageMetadata: writeUsage(event.usage) }
				break
			case 'error':
				yield { error: writeError(event.error) }
		}
	}
}

/** The subset of finish reasons that the echo engine needs. Other tests cover the rest of the published API. */
const finishReasons: Readonly<Record<FinishReason, string>> = {
	stop: 'STOP',
	'tool-calls': 'STOP',
	length: 'MAX_TOKENS',
	'content-filter': 'SAFETY',
}

function writeUsage({ promptTokens, completionTokens, reasoningTokens, cachedTokens }: Usage): JsonObject {
	return {
		promptTokenCount: promptTokens,
		candidatesTokenCount: completionTokens - reasoningTokens,
		thoughtsTokenCount: reasoningTokens,
		cachedContentTokenCount: cachedTokens,
		totalTokenCount: promptTokens + completionTokens,
	}
}

function writeLogprobs(logprobs: readonly TokenLogprob[] | undefined): JsonObject {
	if (logprobs === undefined) return {}
	const write = ({ token, logprob }: Pick<TokenLogprob, 'token' | 'logprob'>) => ({
		token,
		tokenId: 1,
		logProbability: logprob,
	})
	return {
		logprobsResult: {
			chosenCandidates: logprobs.map(write),
			topCandidates: logprobs.map(({ top }) => ({ candidates: top.map(write) })),
		},
	}
}

function stream(chunks: AsyncGenerator<GeminiChunk>): Response {
	const body = new ReadableStream({
		async pull(controller) {
			const { value, done } = await chunks.next()
			if (done === true) controller.close()
			else controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(value)}\r\n\r\n`))
		},
		async cancel() {
			await chunks.return(undefined)
		},
	})
	return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

/** A unary response: one candidate with all parts. Supports a single choice only. */
async function whole(stream: AsyncGenerator<GeminiChunk>): Promise<Response> {
	const chunks = await Array.fromAsync(stream)
	const error = chunks.find((chunk) => chunk.error !== undefined)?.error
	if (error !== undefined) return Response.json({ error }, { status: Number(error.code) })
	const parts = chunks.flatMap(({ candidates = [] }) =>
		candidates.flatMap(({ content }) => Object(content).parts ?? []),
	)
	const last = chunks.at(-1)
	return Response.json({ ...last, candidates: [{ ...last?.candidates?.[0], content: { role: 'model', parts } }] })
}

async function count(engine: EchoEngine, body: GenerateBody, signal: AbortSignal): Promise<JsonObject> {
	const events = await begin(engine, { ...body, generationConfig: { maxOutputTokens: 1 } }, signal)
	for await (const event of events) if (event.type === 'finish') return { totalTokens: event.usage.promptTokens }
	return {}
}

async function embed(engine: EchoEngine, { requests }: z.infer<typeof embedBody>): Promise<JsonObject> {
	const dimensions = requests[0]?.outputDimensionality
	const { vectors, usage } = await engine.embed(
		{
			model: 'echo',
			inputs: requests.map(({ content: { parts } }) => parts[0].text),
			dimensions,
		},
		{ signal: new AbortController().signal, model: 'echo', requestId: 'req_scripted' },
	)
	return {
		// Like the real API, does not normalize shortened vectors.
		embeddings: vectors.map((vector) => ({ values: [...vector].map((value) => value * 3) })),
		usageMetadata: { promptTokenCount: usage.promptTokens },
	}
}

const badKey = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }]

function refuse(thrown: unknown): Response {
	if (thrown instanceof z.ZodError) return refusal(400, `Invalid JSON payload received. ${thrown.message}`)
	if (!(thrown instanceof ChatError)) throw thrown
	const error = writeError(thrown)
	return Response.json({ error }, { status: Number(error.code) })
}

function refusal(code: number, message: string, details: readonly JsonObject[] = []): Response {
	return Response.json({ error: { code, message, status: 'INVALID_ARGUMENT', details } }, { status: code })
}

function writeError({ kind, message }: ChatError): JsonObject {
	const limit = /\d+/.exec(message)?.[0] ?? ''
	const [code, status] = statuses[kind] ?? [500, 'INTERNAL']
	const text =
		kind === 'context-length-exceeded'
			? `The input token count (99999) exceeds the maximum number of tokens allowed (${limit}).`
			: message
	return { code, message: text, status }
}

const statuses: Partial<Record<ChatErrorKind, readonly [code: number, status: string]>> = {
	'invalid-request': [400, 'INVALID_ARGUMENT'],
	'context-length-exceeded': [400, 'INVALID_ARGUMENT'],
	'rate-limited': [429, 'RESOURCE_EXHAUSTED'],
	overloaded: [503, 'UNAVAILABLE'],
	unavailable: [503, 'UNAVAILABLE'],
	'upstream-timeout': [504, 'DEADLINE_EXCEEDED'],
}
