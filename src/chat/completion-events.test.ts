import { expect, test } from 'bun:test'
import type { Completion } from './completion.ts'
import { eventsOfCompletion } from './completion-events.ts'
import { CompletionFold } from './completion-fold.ts'
import { brokenRule } from './event-rules.testing.ts'
import { partSamples } from './part-samples.testing.ts'

const logprob = { token: 'Hi', logprob: -0.5, bytes: [72, 105], top: [] }

const completion: Completion = {
	model: 'm-2026',
	fingerprint: 'fp_1',
	choices: [
		{
			parts: [
				{ type: 'reasoning', text: 'Think.', signature: { wire: 'w', value: 'signed', origin: 'w.test m' } },
				{ type: 'text', text: 'Hi', rest: { wire: 'w', fields: { citations: [1] } } },
				{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'time', arguments: '{"zone":"UTC"}' },
				{ type: 'reasoning', text: '', signature: { wire: 'w', value: 'opaque' }, encrypted: true },
				{ type: 'provider-item', wire: 'w', item: { type: 'search', id: 's' } },
				{
					type: 'tool-call',
					kind: 'custom',
					id: 'call_2',
					name: 'shell',
					arguments: 'ls',
					signature: { wire: 'v', value: 'call' },
				},
				{ type: 'image', url: 'data:image/png;base64,AA==' },
			],
			logprobs: [logprob],
			finishReason: 'tool-calls',
			rest: { wire: 'w', fields: { annotations: [] } },
		},
		{
			parts: [
				{ type: 'reasoning', text: 'Hm.' },
				{ type: 'refusal', text: 'No.' },
			],
			finishReason: 'stop',
			stopText: '\n',
		},
	],
	usage: { promptTokens: 3, completionTokens: 5, cachedTokens: 1, reasoningTokens: 2, source: 'upstream' },
}

test('the events of a completion follow the rules of streams, and fold to the same completion', () => {
	expect(folded(completion)).toEqual(completion)
})

test('no field of a part is lost on the way', () => {
	const { file, ...parts } = partSamples('w')
	for (const part of Object.values(parts)) {
		const [choice] = completion.choices
		if (choice === undefined) continue
		const one = { ...completion, choices: [{ ...choice, parts: [part], logprobs: undefined }] }
		expect(folded(one)).toEqual(one)
	}
})

function folded(given: Completion): Completion {
	const events = eventsOfCompletion(given)
	expect(brokenRule(events, given.choices.length)).toBeUndefined()
	const fold = new CompletionFold()
	for (const event of events) fold.add(event)
	expect(fold.isComplete).toBe(true)
	return fold.completion()
}
