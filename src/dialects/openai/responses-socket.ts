// The WebSocket form of POST /responses: converts a client's frames to bodies of that route, and its server-sent events
// to frames. It does not handle sockets.

import { ChatError } from '../../chat/error.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { exactMembers, stringifyJson } from '../../chat/json-text.ts'
import { writeError } from '../../wire/openai/error-writer.ts'
import type { SocketRoute } from '../dialect.ts'
import { ResponseMessage } from './response-message.ts'

export interface SocketRequest {
	/** Body of a POST /responses that streams. */
	readonly body: JsonObject
	/** Identifies the stream on its socket; included in each of its events. */
	readonly stream?: string
}

/** Maximum length of a `stream_id`, which every event of an answer repeats. */
export const maxStreamCharacters = 256

/**
 * Reads the JSON of one text frame.
 *
 * @throws ChatError `invalid-request` for anything but a `response.create`
 */
export function readSocketFrame(parse: () => unknown): SocketRequest {
	const frame = readObject(parse)
	const { type, stream_id: stream, stream: _, stream_options: __, ...body } = frame
	if (type !== 'response.create')
		throw new ChatError(
			'invalid-request',
			"Invalid value for 'type'. The only supported value is: 'response.create'.",
			{
				param: 'type',
				code: 'invalid_value',
			},
		)
	if (body.background === true)
		throw new ChatError('invalid-request', "'background' is not allowed on a socket.", { param: 'background' })
	if (typeof stream === 'string' && stream.length > maxStreamCharacters)
		throw new ChatError('invalid-request', `Invalid 'stream_id': longer than ${maxStreamCharacters} characters.`, {
			param: 'stream_id',
			code: 'string_above_max_length',
		})
	return { body: { ...body, stream: true }, stream: typeof stream === 'string' ? stream : undefined }
}

function readObject(parse: () => unknown): JsonObject {
	let frame: unknown
	try {
		frame = parse()
	} catch (cause) {
		if (cause instanceof ChatError) throw cause
		throw new ChatError('invalid-request', 'We could not parse the JSON of your message.', { cause })
	}
	if (!isObject(frame)) throw new ChatError('invalid-request', 'Invalid message: expected a JSON object.')
	return exactMembers(frame) as JsonObject
}

/** Converts the text of a stream, in chunks of any size, into frames: one for each event. */
export class SocketFrames {
	private readonly stream: string | undefined
	private rest = ''

	constructor(stream?: string) {
		this.stream = stream
	}

	/** The frames of the events that `piece` completes. Keeps an incomplete event for the next call. */
	add(piece: string): readonly string[] {
		const events = (this.rest + piece).split('\n\n')
		this.rest = events.pop() ?? ''
		return events.flatMap((event) => this.frame(event))
	}

	/** Comments and the end mark have no frame. */
	private frame(event: string): readonly string[] {
		const data = event
			.split('\n')
			.filter((line) => line.startsWith('data:'))
			.map((line) => line.slice('data:'.length).trimStart())
			.join('\n')
		if (data === '' || data === '[DONE]') return []
		if (this.stream === undefined) return [data]
		return [`${data.slice(0, -1)},"stream_id":${JSON.stringify(this.stream)}}`]
	}
}

/** The socket's route in the dialect. */
export const responsesSocket: SocketRoute = {
	path: '/responses',
	read: (parse, turns) => new ResponseMessage(readSocketFrame(parse), turns),
	frames: (lane) => new SocketFrames(lane),
	writeFailure: (status, body, lane) =>
		stringifyJson({
			type: 'error',
			status,
			...(isObject(body) ? body : {}),
			stream_id: lane,
		}),
	writeError,
}
