// Objects of the callers that exist on the server, so that mutated requests reach more than "not found". Mutated requests
// also delete them: they are made again now and then.

import { at } from '../dialect-clients/dialect-client.ts'
import type { TestServer } from '../server.ts'

export class StoredObjects {
	private readonly server: TestServer
	/** By the name of the first segment of their path. */
	private ids: Readonly<Record<string, readonly string[]>> = {}

	constructor(server: TestServer) {
		this.server = server
	}

	/** Ids of all kinds. */
	get all(): readonly string[] {
		return Object.values(this.ids).flat()
	}

	/** Makes them again, unless a request in flight removes one of them meanwhile. */
	async renew(): Promise<void> {
		await this.create().catch(() => undefined)
	}

	async create(): Promise<void> {
		const { server } = this
		const model = 'small'
		const read = async (path: string, body?: unknown, headers?: Record<string, string>) => {
			const response = await server.call(path, body, headers)
			const text = await response.text()
			if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
			return { body: text.startsWith('{') ? (JSON.parse(text) as unknown) : undefined, headers: response.headers }
		}
		const items = [
			{ role: 'user', content: 'Hello.' },
			{ role: 'assistant', content: 'Hi.' },
		]
		const conversation = String(at((await read('/v1/conversations', { metadata: { a: 'b' }, items })).body, 'id'))
		const first = await read('/v1/responses', { model, input: 'one', conversation })
		const second = await read('/v1/responses', { model, input: 'two', background: true })
		const completion = await read('/v1/chat/completions', {
			model,
			messages: [{ role: 'user', content: 'three' }],
			store: true,
		})
		const page = await read(`/v1/conversations/${conversation}/items`)
		const share = await read(`/v1/conversations/${conversation}/shares`, { files: true })
		const stream = await read(
			'/v1/chat/completions',
			{ model, stream: true, messages: [{ role: 'user', content: 'four' }] },
			{ 'x-dragoman-resumable': 'true' },
		)
		const listed = (found: unknown) => [String(at(found, 'id'))]
		this.ids = {
			conversations: [conversation],
			items: [0, 1, 2].map((index) => String(at(page.body, 'data', index, 'id'))),
			responses: [...listed(first.body), ...listed(second.body)],
			completions: listed(completion.body),
			shares: listed(share.body),
			streams: [stream.headers.get('x-dragoman-stream') ?? ''],
		}
	}

	/** Values for the parameters of a pattern; those of the sample if no object fits. */
	parametersOf(pattern: string, sample: readonly string[], random: () => number): readonly string[] {
		const segments = pattern.split('/')
		const preceding = segments.flatMap((segment, at) => (segment.startsWith('{') ? [segments[at - 1] ?? ''] : []))
		return sample.map((value, at) => {
			const ids = this.ids[preceding[at] ?? '']
			return ids === undefined ? value : (ids[Math.floor(random() * ids.length)] ?? value)
		})
	}
}
