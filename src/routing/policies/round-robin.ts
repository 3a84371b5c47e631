import type { Policy } from '../policy.ts'

export function roundRobin(): Policy {
	let calls = 0
	return {
		order(members) {
			const first = members.length === 0 ? 0 : calls++ % members.length
			return [...members.slice(first), ...members.slice(0, first)]
		},
	}
}
