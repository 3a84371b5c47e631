// The contract of every policy.

import { describe, expect, test } from 'bun:test'
import type { Policy } from './policy.ts'
import { openEndpoint } from './routing.testing.ts'

export function policyContract(name: string, open: () => Policy): void {
	describe(`policy: ${name}`, () => {
		const members = ['a', 'b', 'c'].map((endpoint, index) => ({ endpoint: openEndpoint(endpoint), weight: index + 1 }))
		const hint = { affinity: () => 'key' }
		test('returns each member once', () => {
			const policy = open()
			for (let round = 0; round < 20; round++) {
				const ordered = policy.order(members, hint)
				expect(ordered.map(({ endpoint }) => endpoint.name).toSorted()).toEqual(['a', 'b', 'c'])
			}
		})
		test('accepts one member, or none', () => {
			expect(open().order(members.slice(0, 1), hint)).toEqual(members.slice(0, 1))
			expect(open().order([], hint)).toEqual([])
		})
		test('does not change the members', () => {
			const before = [...members]
			open().order(members, hint)
			expect(members).toEqual(before)
		})
	})
}
