// One JSON text that is sent piece by piece, so that it need not be in memory as a whole. It does not know its content.

import type { JsonPieces } from '../dialects/writer.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import type { Log } from '../system/log.ts'
import type { Answer } from './answer.ts'
import { WatchedChunks } from './watched-chunks.ts'

/**
 * The pieces are read as fast as the client reads them.
 *
 * @throws the failure of the first piece. A later one cuts the connection, so that the text is not taken for complete.
 */
export async function streamJson({ pieces }: JsonPieces, log: Log): Promise<Answer> {
	const { value: first } = await pieces.next()
	return {
		type: 'stream',
		contentType: 'application/json',
		open: (ended) => new WatchedChunks(new JsonChunks(first ?? undefined, pieces, log), ended),
	}
}

class JsonChunks implements ChunkSource {
	cut = false
	private first: string | undefined
	private readonly pieces: AsyncGenerator<string>
	private readonly log: Log

	constructor(first: string | undefined, pieces: AsyncGenerator<string>, log: Log) {
		this.first = first
		this.pieces = pieces
		this.log = log
	}

	async next(): Promise<string | undefined> {
		const { first } = this
		this.first = undefined
		if (first !== undefined) return first
		try {
			const { done, value } = await this.pieces.next()
			return done === true ? undefined : value
		} catch (thrown) {
			this.cut = true
			this.log.error({ err: thrown }, 'a response ended early: its data cannot be read')
			return undefined
		}
	}

	cancel(): void {
		void this.pieces.return(undefined).catch(() => undefined)
	}

	interrupt(): string {
		this.cut = true
		this.cancel()
		return ''
	}
}
