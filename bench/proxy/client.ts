// One connection to a chat server that sends requests repeatedly and detects the end of an answer: by its length, or by
// its last chunk. It does not parse the answers.

import type { Socket } from 'bun'

export interface ClientOptions {
	readonly port: number
	/** The request as bytes. */
	readonly request: Buffer
	/** An answer is complete. `ok`: its status was 200. */
	onAnswer(client: Client, ok: boolean): void
	/** Either side closed the connection. */
	onClosed?(client: Client): void
}

const lastChunk = Buffer.from('0\r\n\r\n')

export class Client {
	/** When the request should have been sent; milliseconds of `performance.now()`. */
	dueMs = 0
	private readonly options: ClientOptions
	private socket: Socket | undefined
	private text = ''
	private ok = true
	/** Bytes left of the answer; -1 before its head, -2 if the last chunk marks the end. */
	private missing = -1
	/** The last received bytes, as many as the last chunk has. */
	private tail: Buffer = Buffer.alloc(0)

	private constructor(options: ClientOptions) {
		this.options = options
	}

	/** @throws if no server listens on the port. */
	static async connect(options: ClientOptions): Promise<Client> {
		const client = new Client(options)
		client.socket = await Bun.connect({
			hostname: '127.0.0.1',
			port: options.port,
			socket: {
				data: (_, bytes) => client.data(bytes),
				close: () => options.onClosed?.(client),
				error: () => undefined,
			},
		})
		return client
	}

	request(): void {
		this.socket?.write(this.options.request)
	}

	hangUp(): void {
		this.socket?.terminate()
	}

	private data(bytes: Buffer): void {
		if (this.missing === -1) {
			this.text += bytes.toString('latin1')
			this.readHead()
		} else if (this.missing >= 0) this.missing -= bytes.length
		if (this.missing === -2) this.tail = (bytes.length < 5 ? Buffer.concat([this.tail, bytes]) : bytes).subarray(-5)
		const ended = this.missing === 0 || (this.missing === -2 && this.tail.equals(lastChunk))
		if (!ended) return
		this.missing = -1
		this.options.onAnswer(this, this.ok)
	}

	private readHead(): void {
		const end = this.text.indexOf('\r\n\r\n')
		if (end === -1) return
		const length = /content-length: (\d+)/i.exec(this.text)?.[1]
		this.ok = this.text.startsWith('HTTP/1.1 200')
		this.missing = length === undefined ? -2 : end + 4 + Number(length) - this.text.length
		this.text = ''
	}
}

/** A chat request of about 500 bytes, the same for every server. `stream` overrides what the model's name implies. */
export function writeRequest(model: string, key: string, stream = /^(stream|endless)/.test(model)): Buffer {
	const messages = [
		{ role: 'system', content: 'You are a helpful assistant.' },
		{ role: 'user', content: 'What is the capital of France? '.repeat(6) },
	]
	const body = JSON.stringify({
		model,
		...(stream ? { stream: true } : {}),
		messages,
		temperature: 0.7,
		max_tokens: 100,
	})
	const lines = [
		'POST /v1/chat/completions HTTP/1.1',
		'host: bench',
		`authorization: Bearer ${key}`,
		'content-type: application/json',
		`content-length: ${body.length}`,
	]
	return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
