// Answers a call that generates nothing: a client prepares a later turn. No model is called, so nothing is admitted and
// billed. Its turn is stored like any other, without an answer.

import type { Completion } from '../chat/completion.ts'
import type { ChatEvent } from '../chat/event.ts'
import { countedUsage } from '../chat/usage.ts'
import type { ChatCall } from '../dialects/call.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import { type Answer, headersOf, responseContextOf } from './answer.ts'
import type { OpenTurn } from './open-turn.ts'
import type { Recalled } from './recall.ts'
import type { Serving } from './serving.ts'
import { asStorageError } from './storage-error.ts'
import { WatchedChunks } from './watched-chunks.ts'

export function isWarmUp(recalled: Recalled): recalled is Recalled<ChatCall> {
	return recalled.call.type === 'chat' && recalled.call.generates === false
}

/** @throws ChatError `unavailable` if the turn cannot be stored. */
export async function answerWarmUp(recalled: Recalled<ChatCall>, serving: Serving): Promise<Answer> {
	const { call, turn, token } = recalled
	if (turn !== undefined) await store(turn, serving)
	call.holder?.complete(token, undefined)
	const context = responseContextOf(recalled, serving)
	const headers = headersOf(recalled)
	if (!call.stream) return { type: 'json', headers, body: call.writer.completion(nothing, context) }
	const writer = call.writer.stream(context)
	const text = events.map((event) => writer.write(event)).join('')
	return { type: 'stream', headers, open: (ended) => new WatchedChunks(oneChunk(text), ended) }
}

const usage = countedUsage(0)
const nothing: Completion = { choices: [], usage }
const events: readonly ChatEvent[] = [{ type: 'start' }, { type: 'finish', usage }]

async function store(turn: OpenTurn, { clock, backgroundTasks }: Serving): Promise<void> {
	await turn.begin()
	try {
		await turn.end({ state: 'completed', choices: [], nowMs: clock.now() })
	} catch (thrown) {
		backgroundTasks.add(turn.drop(), 'dropping a turn')
		throw asStorageError(thrown)
	}
}

function oneChunk(text: string): ChunkSource {
	let rest: string | undefined = text
	const take = () => {
		const taken = rest
		rest = undefined
		return taken
	}
	return { next: async () => take(), cancel: () => void take(), interrupt: () => take() ?? '' }
}
