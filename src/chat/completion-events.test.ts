import { expect, test } from 'bun:test'
import type { Completion } from './completion.ts'
import { eventsOfCompletion } from './completion-events.ts'
import { CompletionFold } from './completion-fold.ts'
import { brokenRule } from './event-rules.testing.ts'

const logprob = { token: 'Hi', logprob: -0.5, bytes: [72, 105], top: [] }

const completion: Completion = {
	model: 'm-2026',
	fingerprint: 'fp_1',
	choices: [
		{
			text: 'Hi',
			reasoning: 'Think. More.',
			thoughts: [{ text: 'Think.', proof: { wire: 'w', value: 'signed' } }, { text: ' More.' }],
			refusal: '',
			toolCalls: [
				{ type: 'function', id: 'call_1', name: 'time', arguments: '{"zone":"UTC"}' },
				{ type: 'custom', id: 'call_2', name: 'shell', arguments: 'ls' },
			],
			logprobs: [logprob],
			finishReason: 'tool-calls',
		},
		{ text: '', reasoning: 'Hm.', refusal: 'No.', toolCalls: [], finishReason: 'stop', stopText: '\n' },
	],
	usage: { promptTokens: 3, completionTokens: 5, cachedTokens: 1, reasoningTokens: 2, source: 'upstream' },
}

test('the events of a completion follow the rules of streams, and fold to the same completion', () => {
	const events = eventsOfCompletion(completion)
	expect(brokenRule(events, 2)).toBeUndefined()
	const fold = new CompletionFold()
	for (const event of events) fold.add(event)
	expect(fold.isComplete).toBe(true)
	expect(fold.completion()).toEqual(completion)
})
