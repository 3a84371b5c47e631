// A client of the server's API. It uses OpenAI's dialect by its prefix, whatever dialect the key or the configuration selects.

/** The folder that serves the page. It is relative to the scripts in `console/`, so it is correct under any path of a proxy. */
export const base = new URL('..', import.meta.url)

/** The server rejected a request. */
export class Refused extends Error {
	constructor(message, status) {
		super(message)
		this.status = status
	}
}

/** The connection closed before the response was complete. */
export class ConnectionLost extends Error {}

export async function listModels(key) {
	const response = await request(key, 'models')
	const { data } = await response.json().catch(() => ({}))
	if (Array.isArray(data)) return data
	throw new Error(
		`The answer from ${response.url} is not a list of models. Check that the proxy forwards this address.`,
	)
}

/**
 * The chunks of a streamed answer, parsed.
 *
 * @throws ConnectionLost if the stream ends without its end mark.
 */
export async function* streamChat(key, body, signal) {
	const response = await request(key, 'chat/completions', { method: 'POST', body: JSON.stringify(body), signal })
	for await (const data of events(response.body)) {
		if (data === '[DONE]') return
		const chunk = parse(data)
		if (chunk.error) throw new Error(chunk.error.message ?? String(chunk.error))
		yield chunk
	}
	throw new ConnectionLost()
}

async function request(key, path, options = {}) {
	const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
	const response = await fetch(new URL(`openai/v1/${path}`, base), { ...options, headers }).catch((failure) => {
		if (failure.name === 'AbortError') throw failure
		throw new Error('The server cannot be reached. Check that it is running.')
	})
	if (response.ok) return response
	const body = await response.json().catch(() => undefined)
	throw new Refused(body?.error?.message ?? `The server answered with status ${response.status}.`, response.status)
}

/** The data of each server-sent event. The dialect writes one line of data per event. */
async function* events(bytes) {
	const reader = bytes.getReader()
	const decoder = new TextDecoder()
	let rest = ''
	for (let piece = await read(reader); !piece.done; piece = await read(reader)) {
		const lines = (rest + decoder.decode(piece.value, { stream: true })).split('\n')
		rest = lines.pop()
		for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim()
	}
}

async function read(reader) {
	try {
		return await reader.read()
	} catch (failure) {
		throw failure.name === 'AbortError' ? failure : new ConnectionLost()
	}
}

function parse(data) {
	try {
		return JSON.parse(data) ?? {}
	} catch {
		throw new Error('The server sent an event that is not JSON.')
	}
}
