// Serves the OpenAPI document. It is written at the first request, and again if the models of its examples change: a
// server that is never asked for it does not load the descriptions. It does not know what is in the document.

import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { DialectChoice, type DialectDefaults } from '../dialects/choice.ts'
import { dialects } from '../dialects/list.ts'
import { acceptsCoding } from '../http/content-coding.ts'
import type { Received } from '../http/received.ts'
import { isModelPattern, type Model } from '../routing/model.ts'

export const documentPath = '/openapi.json'

export interface DocumentSettings {
	readonly version: string
	readonly defaults: DialectDefaults
	/** The models that examples may name. */
	readonly models: () => readonly Pick<Model, 'name' | 'type'>[]
}

interface EncodedDocument {
	readonly etag: string
	readonly plain: string
	readonly gzip: Uint8Array<ArrayBuffer>
	readonly br: Uint8Array<ArrayBuffer>
}

export class ServedDocument {
	private readonly settings: DocumentSettings
	private current: { readonly models: string; readonly document: Promise<EncodedDocument> } | undefined

	constructor(settings: DocumentSettings) {
		this.settings = settings
	}

	/** The response to GET. */
	async serve({ headers }: Pick<Received, 'headers'>): Promise<Response> {
		const document = await this.latest()
		const common = { etag: document.etag, 'cache-control': 'no-cache', vary: 'accept-encoding' }
		if (headers.get('if-none-match')?.includes(document.etag) === true)
			return new Response(null, { status: 304, headers: common })
		const accepted = headers.get('accept-encoding') ?? ''
		const coding = (['br', 'gzip'] as const).find((one) => acceptsCoding(accepted, one))
		const own = { ...common, 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }
		if (coding === undefined) return new Response(document.plain, { headers: own })
		return new Response(document[coding], { headers: { ...own, 'content-encoding': coding } })
	}

	private latest(): Promise<EncodedDocument> {
		const models = this.settings.models().filter(({ name }) => !isModelPattern(name))
		const key = JSON.stringify(models.map(({ name, type }) => [name, type]))
		if (this.current?.models === key) return this.current.document
		const document = this.encode(models)
		const current = { models: key, document }
		this.current = current
		document.catch(() => {
			if (this.current === current) this.current = undefined
		})
		return document
	}

	private async encode(models: readonly Pick<Model, 'name' | 'type'>[]): Promise<EncodedDocument> {
		const { version, defaults } = this.settings
		const { writeDocument } = await import('../openapi/document.ts')
		const document = await writeDocument({
			version,
			dialects,
			choice: new DialectChoice(dialects, defaults),
			exampleModels: (type) => (models.find((model) => model.type === type) ?? models[0])?.name ?? 'MODEL',
		})
		const plain = JSON.stringify(document)
		const [gzipped, br] = await Promise.all([
			promisify(gzip)(plain),
			promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
		])
		const etag = `W/"${createHash('sha256').update(plain).digest('hex').slice(0, 16)}"`
		return { etag, plain, gzip: new Uint8Array(gzipped), br: new Uint8Array(br) }
	}
}
