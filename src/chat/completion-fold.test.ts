import { expect, test } from 'bun:test'
import { CompletionFold } from './completion-fold.ts'

const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, reasoningTokens: 0, source: 'counted' } as const

test('characters that arrive in halves are joined, and half of one at the end is left out', () => {
	const fold = new CompletionFold()
	fold.add({ type: 'start' })
	for (const text of ['a\ud83c', '\udf89', 'b\ud83c']) {
		fold.add({ type: 'reasoning', choice: 0, text })
		fold.add({ type: 'text', choice: 0, text })
	}
	expect(fold.soFar()).toMatchObject([{ text: 'a🎉b', reasoning: 'a🎉b' }])
	fold.add({ type: 'choice-finish', choice: 0, reason: 'length' })
	fold.add({ type: 'finish', usage })
	expect(fold.completion().choices).toMatchObject([{ text: 'a🎉b', reasoning: 'a🎉b' }])
})
