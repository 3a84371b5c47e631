// Sends one message on a WebSocket of its own and waits until it is answered: by events up to the last one, an error, or a
// close. It does not know what the message means.

/** Time without a frame after which the message counts as unanswered, in milliseconds. */
const timeoutMs = 30_000

/** Codes of a close that the server is to blame for (RFC 6455, section 7.4.1). */
const failures: ReadonlySet<number> = new Set([1002, 1006, 1011])

/** @returns what is wrong with the answer, if anything. */
export function exchangeMessage(url: string, key: string, message: string | Uint8Array): Promise<string | undefined> {
	const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/responses`, {
		headers: { authorization: `Bearer ${key}` },
	})
	const { promise, resolve } = Promise.withResolvers<string | undefined>()
	const wait = () => setTimeout(() => resolve('a message on a WebSocket is not answered'), timeoutMs)
	let timer = wait()
	socket.onopen = () => socket.send(message)
	socket.onmessage = ({ data }) => {
		clearTimeout(timer)
		timer = wait()
		const type = typeOf(String(data))
		if (type === undefined) resolve(`a frame without a type: ${String(data).slice(0, 300)}`)
		else if (String(data).includes('"code":"internal')) resolve(`an internal error: ${String(data).slice(0, 300)}`)
		else if (/^(?:error|response\.(?:completed|failed|incomplete))$/.test(type)) resolve(undefined)
	}
	socket.onclose = ({ code }) => resolve(failures.has(code) ? `the WebSocket was closed with ${code}` : undefined)
	return promise.finally(() => {
		clearTimeout(timer)
		socket.close()
	})
}

function typeOf(frame: string): string | undefined {
	try {
		const event: unknown = JSON.parse(frame)
		const type: unknown = Object(event).type
		return typeof type === 'string' ? type : undefined
	} catch {
		return undefined
	}
}
