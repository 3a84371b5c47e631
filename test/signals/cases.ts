// The matrix of signals: how the server was started, which signal is sent to which process, and what is running then.

import type { CaseOf } from './all-pairs.ts'

export const dimensions = {
	start: ['bun', 'workers', 'npm start', 'npx', 'launcher'],
	signal: ['SIGTERM', 'SIGINT'],
	/** To the process that was started, to its whole process group, or to the group twice with a pause. */
	to: ['main', 'group', 'twice'],
	answer: ['stream', 'unary', 'embedded'],
	node: ['20', '24'],
} as const

export type SignalCase = CaseOf<typeof dimensions>

export function isAllowed({ start, answer, node }: SignalCase): boolean {
	// By design: each worker would start its own engine.
	if (start === 'workers' && answer === 'embedded') return false
	// No Node takes part.
	return node === '20' || (start !== 'bun' && start !== 'workers')
}

export function nameOf({ start, signal, to, answer, node }: SignalCase): string {
	return `${start}, ${signal} to ${to === 'twice' ? 'the group twice' : to === 'group' ? 'the group' : 'the process'}, ${answer}, Node ${node}`
}
