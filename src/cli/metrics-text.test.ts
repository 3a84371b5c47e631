import { expect, test } from 'bun:test'
import { readMetrics } from './metrics-text.ts'

test('samples are read with their labels; comments are skipped', () => {
	const text = `# HELP a_total About a.
# TYPE a_total counter
a_total 3
b{upstream="one",name="say \\"hi\\" \\\\ in\\ntwo, {lines}"} 1.5
c{} +Inf 1700000000000
nonsense
`
	expect(readMetrics(text)).toEqual([
		{ name: 'a_total', labels: {}, value: 3 },
		{ name: 'b', labels: { upstream: 'one', name: 'say "hi" \\ in\ntwo, {lines}' }, value: 1.5 },
		{ name: 'c', labels: {}, value: Number.POSITIVE_INFINITY },
	])
})
