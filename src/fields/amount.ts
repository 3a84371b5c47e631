// Configuration fields that count bytes, tokens or entries. The value is a number, or a text with a multiple, such as
// 64k or 16MiB: k, M, G and T are powers of 1000, Ki, Mi, Gi and Ti powers of 1024. They are case-insensitive, and a
// final B is ignored.

import { z } from 'zod'

const factors: Readonly<Record<string, number>> = {
	'': 1,
	k: 1000,
	m: 1000 ** 2,
	g: 1000 ** 3,
	t: 1000 ** 4,
	ki: 1024,
	mi: 1024 ** 2,
	gi: 1024 ** 3,
	ti: 1024 ** 4,
}

/** For JSON Schema. */
const pattern = '^\\d+(\\.\\d+)?([kKmMgGtT][iI]?)?[bB]?$'
const amount = /^(\d+(?:\.\d+)?)([kmgt]i?)?b?$/i

/** A number of bytes, such as `33554432`, `64k`, `32MB` or `1GiB`. */
export function bytes(min: number, max = Number.MAX_SAFE_INTEGER) {
	return counted('bytes', 'such as 32MiB', min, max)
}

/** A number of tokens, such as `8192`, `64k` or `8Ki`. */
export function tokenCount(min: number, max = Number.MAX_SAFE_INTEGER) {
	return counted('tokens', 'such as 64k', min, max)
}

/** Another number that may be large, such as `100000` or `100k`. */
export function count(noun: string, min: number, max = Number.MAX_SAFE_INTEGER) {
	return counted(noun, 'such as 100k', min, max)
}

function counted(noun: string, example: string, min: number, max: number) {
	return z
		.preprocess(
			readAmount,
			z
				.int({ error: (issue) => explainAmount(issue, noun, example) })
				.min(min)
				.max(max),
		)
		.meta({ type: ['integer', 'string'], pattern })
}

function readAmount(given: unknown): unknown {
	if (typeof given !== 'string') return given
	const [, number, suffix = ''] = amount.exec(given) ?? []
	const factor = factors[suffix.toLowerCase()]
	if (number === undefined || factor === undefined) return given
	return Math.round(Number(number) * factor * 1e6) / 1e6
}

function explainAmount(issue: z.core.$ZodRawIssue, noun: string, example: string) {
	if (issue.input === undefined) return undefined
	switch (issue.code) {
		case 'invalid_type':
			return typeof issue.input === 'number'
				? `${issue.input} is not a whole number of ${noun}`
				: `${JSON.stringify(issue.input)} is not a number of ${noun}: write a number, which may end in k, M, G (1000) or Ki, Mi, Gi (1024), ${example}`
		case 'too_small':
			return `${issue.input} is too few ${noun}: the minimum is ${issue.minimum}`
		case 'too_big':
			return `${issue.input} is too many ${noun}: the maximum is ${issue.maximum}`
		default:
			return undefined
	}
}
