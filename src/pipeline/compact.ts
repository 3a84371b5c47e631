// Compaction: before a call whose prompt has more tokens than its client allows, the model summarizes the conversation,
// and the call continues from the summary. The summary is a call of its own, with its own limits and usage record.

import type { Completion } from '../chat/completion.ts'
import { countedUsage } from '../chat/usage.ts'
import { newTurnId } from '../conversations/turn-id.ts'
import type { ChatCall } from '../dialects/call.ts'
import { admit } from './admit.ts'
import { callerOf } from './caller-path.ts'
import { countPrompt } from './count.ts'
import { execute } from './execute.ts'
import type { Recalled } from './recall.ts'
import type { Serving } from './serving.ts'

/** @throws ChatError if the prompt is too long and no upstream summarized it. */
export async function compact(recalled: Recalled, serving: Serving): Promise<Recalled> {
	const { call, model, turn, key } = recalled
	if (call.type !== 'chat' || call.compaction === undefined) return recalled
	const { thresholdTokens, summaryRequest, withSummary } = call.compaction
	if ((await countPrompt(model, call.request, serving, callerOf(key))) <= thresholdTokens) return recalled
	const request = summaryRequest(call.request)
	if (request === undefined) return recalled
	const complete = withSummary(await summarize({ ...recalled, call }, request, serving))
	const { thread } = complete
	if (turn === undefined || thread === undefined) return { ...recalled, call: complete }
	return { ...recalled, call: complete, turn: turn.withInputs(thread.incoming, thread.echo) }
}

async function summarize(
	recalled: Recalled<ChatCall>,
	request: ChatCall['request'],
	serving: Serving,
): Promise<Completion> {
	let summary: Completion | undefined
	const call: ChatCall = {
		type: 'chat',
		request,
		stream: false,
		violation: recalled.call.violation,
		writer: {
			completion(completion) {
				summary = completion
				return undefined
			},
			stream: () => ({ write: () => '' }),
		},
	}
	// The log line and the metrics of the request are those of the call itself.
	const observer = { observe: () => {}, traceHeaders: () => recalled.observer.traceHeaders() }
	const token = newTurnId()
	await execute(await admit({ ...recalled, call, observer, token, turn: undefined }, serving), serving)
	return summary ?? { choices: [], usage: countedUsage(0) }
}
