// The engine for servers of Anthropic's Messages API. It sends requests and reads responses; the formats are defined in
// wire/anthropic. It does not route or retry.

import { ChatError } from '../../chat/error.ts'
import type { ChatRequest } from '../../chat/request.ts'
import { readBaseUrl } from '../../http/base-url.ts'
import type { Embeddings } from '../../operations/embeddings.ts'
import { perform } from '../../system/occupancy.ts'
import type { Secret } from '../../system/secret.ts'
import { messageEventNames, messageFormats, messagesWire } from '../../wire/anthropic/formats.ts'
import { readMessage } from '../../wire/anthropic/message-answer-reader.ts'
import { readErrorRest } from '../../wire/anthropic/message-error-reader.ts'
import { MessageEventReader } from '../../wire/anthropic/message-event-reader.ts'
import {
	type MessageRequestForm,
	writeCountRequest,
	writeMessageRequest,
} from '../../wire/anthropic/message-request-writer.ts'
import { customToolNames } from '../../wire/json/custom-tool-function.ts'
import { countField } from '../../wire/json/fields.ts'
import { readModelList, type UpstreamModel } from '../../wire/json/model-list-reader.ts'
import type { EngineAnswer } from '../answer.ts'
import type { Engine, EngineCall } from '../engine.ts'
import { HttpUpstream } from '../upstream/http-upstream.ts'
import type { HttpUpstreamOptions } from '../upstream/http-upstream-options.ts'
import { signatureOrigin } from '../upstream/signature-origin.ts'

export interface AnthropicOptions
	extends Omit<HttpUpstreamOptions, 'wireHeaders' | 'secrets' | 'readError' | 'readErrorRest'> {
	readonly key?: Secret
	/** `bearer` if the key is an access token, as issued by clouds and gateways. */
	readonly keyHeader: 'x-api-key' | 'bearer'
	/** `anthropic-version`. */
	readonly version: string
	/** Beta features that are requested with every request: `anthropic-beta`. */
	readonly betas: readonly string[]
	readonly form: MessageRequestForm
}

export function openAnthropic(options: AnthropicOptions): Engine {
	return new Anthropic(options)
}

class Anthropic implements Engine {
	readonly wire = messagesWire
	readonly prefills = true
	private readonly form: MessageRequestForm
	private readonly betas: readonly string[]
	private readonly upstream: HttpUpstream
	private readonly host: string

	constructor({ key, keyHeader, version, betas, form, ...options }: AnthropicOptions) {
		this.form = form
		this.betas = betas
		this.host = readBaseUrl(options.url).host
		const secret = key?.reveal()
		this.upstream = new HttpUpstream({
			...options,
			wireHeaders: {
				'anthropic-version': version,
				...(secret === undefined
					? {}
					: keyHeader === 'bearer'
						? { authorization: `Bearer ${secret}` }
						: { 'x-api-key': secret }),
			},
			secrets: secret === undefined ? [] : [secret],
			readErrorRest,
		})
	}

	state() {
		return { status: 'ready', operations: ['chat'] } as const
	}

	originOf(model: string): string {
		return signatureOrigin(this.host, model)
	}

	async chat(request: ChatRequest, call: EngineCall): Promise<EngineAnswer> {
		const stream = call.unary !== true
		const origin = this.originOf(call.model)
		const drop = (part: string) => call.drop?.(part)
		const { body, betas } = await perform(call.turns, () =>
			writeMessageRequest(request, { model: call.model, origin, form: this.form, stream, drop }),
		)
		const customTools = customToolNames(request.tools)
		const open = () => new MessageEventReader({ model: call.model, customTools, origin, errors: this.upstream.errors })
		const reading = {
			open,
			unary: readMessage,
			eventNames: messageEventNames,
			formats: { chunk: messageFormats.event, whole: messageFormats.whole },
		}
		return this.upstream.answer('/messages', body, reading, this.withBetas(call, betas))
	}

	/** @throws ChatError `wrong-operation`, always. */
	async complete(): Promise<never> {
		throw onlyChat()
	}

	/** @throws ChatError `wrong-operation`, always. */
	async embed(): Promise<Embeddings> {
		throw onlyChat()
	}

	async count(request: ChatRequest, call: EngineCall): Promise<number> {
		const { body, betas } = writeCountRequest(request, {
			model: call.model,
			origin: this.originOf(call.model),
			form: this.form,
		})
		const tokens = countField(
			await this.upstream.post('/messages/count_tokens', body, this.withBetas(call, betas)),
			'input_tokens',
		)
		if (tokens !== undefined) return tokens
		throw new ChatError('upstream-failed', 'The upstream did not return a token count.', { sent: 'yes' })
	}

	probe(path: string, signal: AbortSignal): Promise<void> {
		return this.upstream.probe(path, signal)
	}

	models(signal: AbortSignal): Promise<readonly UpstreamModel[]> {
		return this.upstream.list('/models?limit=1000', readModelList, signal)
	}

	async close(): Promise<void> {
		this.upstream.close()
	}

	private withBetas(call: EngineCall, requested: readonly string[]): EngineCall {
		const betas = [...new Set([...this.betas, ...requested])].filter((word) => /^[\w.:-]+$/.test(word))
		return betas.length === 0 ? call : { ...call, headers: { ...call.headers, 'anthropic-beta': betas.join(',') } }
	}
}

function onlyChat(): ChatError {
	return new ChatError('wrong-operation', 'This model only supports chat completions.', { param: 'model' })
}
