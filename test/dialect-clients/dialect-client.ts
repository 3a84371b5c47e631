// How clients of one dialect write requests and read responses, for tests of every dialect. The code does what clients
// of that dialect do, by its contract, and uses no code of the server.

export interface DialectClient {
	readonly name: string
	/** Whose words it uses. */
	readonly family: 'openai' | 'anthropic' | 'scale'
	/** As a caller would send it. */
	write(question: ChatQuestion): ClientRequest
	/** A unary answer. @throws Error if it does not have the form that clients of this dialect rely on. */
	readUnary(body: unknown): ClientView
	/** A streamed answer, from the text of its body. `complete` is false if the connection was cut. */
	readStream(text: string, complete: boolean): ClientView
	/** The sentence in an error's body. */
	readError(body: unknown): string
	/** How a stream reports a failure. */
	readonly failure: 'event' | 'cut'
	/** Status of an error by what is wrong. */
	readonly statuses: {
		readonly invalidRequest: number
		readonly tooLong: number
		readonly overloaded: number
		readonly unavailable: number
		readonly noKey: number
		readonly noModel: number
	}
	/** Tools can be called; and in streams. */
	readonly tools: 'streamed' | 'whole' | 'none'
}

export interface ChatQuestion {
	readonly model: string
	/** Turns so far and the newest, which is the user's. */
	readonly turns: readonly Turn[]
	readonly stream?: boolean
	readonly tool?: Tool
	readonly maxTokens?: number
}

export interface Turn {
	readonly role: 'user' | 'assistant'
	readonly text: string
}

/** A tool that takes one text. */
export interface Tool {
	readonly name: string
	readonly parameter: string
}

export interface ClientRequest {
	readonly path: string
	readonly body: Readonly<Record<string, unknown>>
	readonly headers: (key: string) => Readonly<Record<string, string>>
}

/** What a client has understood. */
export interface ClientView {
	readonly text: string
	readonly calls: readonly { readonly name: string; readonly arguments: unknown }[]
	/** The failure that the stream reported. */
	readonly failed?: string
	/** The stream ended with the dialect's end mark. */
	readonly ended: boolean
}

export function bearer(key: string): Readonly<Record<string, string>> {
	return { authorization: `Bearer ${key}` }
}

/** Data of each event of a stream, in order; every other line, comments aside, is in `others`. */
export function eventsOf(text: string): { readonly data: readonly string[]; readonly others: readonly string[] } {
	const data: string[] = []
	const others: string[] = []
	for (const line of text.split('\n'))
		if (line.startsWith('data: ')) data.push(line.slice(6))
		else if (line !== '' && !line.startsWith(':')) others.push(line)
	return { data, others }
}

/** A field of parsed JSON, by its path. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
	let found = value
	for (const step of path) {
		if (typeof found !== 'object' || found === null) return undefined
		found = Reflect.get(found, step)
	}
	return found
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
	const found = at(value, ...path)
	if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')}: ${JSON.stringify(value)}`)
	return found
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
	const found = at(value, ...path)
	return Array.isArray(found) ? found : []
}
