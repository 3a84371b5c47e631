// The rules that span fields of a Responses request, the fields that this server refuses because the answer would not be
// what they request, and the fields without an effect, which are named.

import { ChatError } from '../../../chat/error.ts'
import { type ResponsesRequestBody, responsesRequestSchema } from './request-schema.ts'

/** @throws ChatError `invalid-request` for fields that exclude each other, `unsupported` for refused ones. */
export function checkFields(fields: ResponsesRequestBody): void {
	if (fields.previous_response_id != null && fields.conversation != null)
		throw new ChatError(
			'invalid-request',
			"Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Provide only one of them.",
			{ param: 'previous_response_id', code: 'mutually_exclusive_parameters' },
		)
	if (fields.background === true && fields.store === false)
		throw new ChatError(
			'invalid-request',
			"'background' requires 'store': the response could not be retrieved otherwise.",
			{ param: 'background' },
		)
	if (fields.stream_options != null && fields.stream !== true)
		throw new ChatError(
			'invalid-request',
			"Invalid value for 'stream_options': 'stream_options' is only allowed when 'stream' is enabled.",
			{ param: 'stream_options' },
		)
	if (fields.prompt != null) throw refused('prompt', 'This server does not store prompt templates.')
	if (fields.context_management?.some(({ type }) => type !== 'compaction'))
		throw refused('context_management', "The only supported type is 'compaction'.")
	if (fields.moderation != null) throw refused('moderation', 'This server does not moderate content.')
	if (fields.image?.context_compression === 'enabled')
		throw refused('image.context_compression', 'This server does not compress images.')
}

/** Number of prompt tokens beyond which the conversation is compacted; undefined if it never is. */
export function thresholdOf({ context_management: entries }: ResponsesRequestBody): number | undefined {
	const thresholds = (entries ?? []).flatMap(({ compact_threshold: threshold }) => threshold ?? [])
	return thresholds.length === 0 ? undefined : Math.min(...thresholds)
}

function refused(param: string, reason: string): ChatError {
	return new ChatError('unsupported', `Unsupported parameter: '${param}'. ${reason}`, {
		param,
		code: 'unsupported_parameter',
	})
}

/** Fields that frames of a socket, not requests, have. */
const frameFields: ReadonlySet<string> = new Set(['event_id', 'type'])

/** The additional output that is written. */
const usedIncludes: ReadonlySet<string> = new Set([
	'reasoning.encrypted_content',
	'message.output_text.logprobs',
	'message.input_image.image_url',
])

/** Values that request what this server does in any case. */
const defaults: Readonly<Record<string, unknown>> = {
	'access_programs.cyber': 'standard',
	'image.context_compression': 'disabled',
	'reasoning.context': 'auto',
	'reasoning.mode': 'standard',
	'stream_options.include_obfuscation': false,
}

/** Names of the fields without an effect, such as `seed` or `text.format.schema`. */
export function unusedFields(fields: ResponsesRequestBody): readonly string[] {
	const { max_tool_calls: maxToolCalls, reasoning, text, stream_options: streamOptions, include } = fields
	const names = maxToolCalls == null ? [] : ['max_tool_calls']
	const unused = (path: string, value: object | null | undefined, used: object) => {
		for (const [name, field] of Object.entries(value ?? {})) {
			const full = path + name
			if (field != null && !Object.hasOwn(used, name) && defaults[full] !== field) names.push(full)
		}
	}
	unused('', withoutFrameFields(fields), responsesRequestSchema.shape)
	unused('access_programs.', fields.access_programs, {})
	// Any window is met: the response is produced immediately.
	if (fields.background === true) unused('background_options.', fields.background_options, { completion_window: true })
	else if (fields.background_options != null) names.push('background_options')
	if (fields.image?.context_compression !== 'auto') unused('image.', fields.image, {})
	unused('reasoning.', reasoning, { effort: true, summary: true, generate_summary: true })
	unused('text.', text, { format: true, verbosity: true })
	unused('text.format.', text?.format, formatFields[text?.format?.type ?? 'text'])
	unused('stream_options.', streamOptions, { include_usage: true })
	for (const value of include ?? []) if (!usedIncludes.has(value)) names.push(`include.${value.slice(0, 100)}`)
	return names
}

function withoutFrameFields(fields: ResponsesRequestBody): object {
	return Object.fromEntries(Object.entries(fields).filter(([name]) => !frameFields.has(name)))
}

type Format = NonNullable<NonNullable<ResponsesRequestBody['text']>['format']>

const formatFields: Readonly<Record<Format['type'], object>> = {
	text: { type: true },
	json_object: { type: true },
	json_schema: { type: true, name: true, description: true, schema: true, strict: true },
}
