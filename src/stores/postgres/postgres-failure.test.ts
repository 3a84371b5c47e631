import { describe, expect, test } from 'bun:test'
import type { DatabaseFailure } from '../sql/sql-database.ts'
import { explainPostgresFailure } from './postgres-failure.ts'

const explain = (codes: { readonly code: string; readonly errno?: string }) =>
	explainPostgresFailure(Object.assign(new Error('failed'), codes))

/** Errors of PostgreSQL itself, by their meaning. */
const states: Readonly<Record<DatabaseFailure | 'statement', readonly string[]>> = {
	unavailable: [
		...['08000', '08001', '08003', '08004', '08006', '08P01', '25006', '25P03', '28000', '28P01', '3D000', '3F000'],
		...['42501', '42703', '42P01'],
		...['53000', '53100', '53200', '53300', '53400', '55000', '55006', '55P03'],
		...['57000', '57014', '57P01', '57P02', '57P03', '57P04', '57P05', '58000', '58030', '58P01'],
		...['F0000', 'XX000', 'XX001', 'XX002'],
	],
	'session-lost': ['26000', '42P05', '0A000'],
	duplicate: ['23505'],
	contention: ['40001', '40P01'],
	'invalid-text': ['22021'],
	'unsupported-text': ['22P05'],
	statement: ['42601', '22003', '23502', '23514', '25P02', '54000', 'P0001'],
}

for (const [meaning, codes] of Object.entries(states))
	describe(`${meaning} is the meaning of`, () => {
		test.each(codes)('%p', (errno) => {
			const expected = meaning === 'statement' ? undefined : meaning
			expect<string | undefined>(explain({ code: 'ERR_POSTGRES_SERVER_ERROR', errno })).toBe(expected)
			expect<string | undefined>(explain({ code: errno })).toBe(expected)
		})
	})

describe('the database is unavailable after', () => {
	test.each([
		...['CONNECTION_CLOSED', 'CONNECTION_FAILED', 'CONNECTION_REFUSED', 'CONNECTION_TIMEOUT', 'IDLE_TIMEOUT'],
		...['LIFETIME_TIMEOUT', 'TLS_NOT_AVAILABLE', 'TLS_UPGRADE_FAILED', 'SASL_SIGNATURE_MISMATCH'],
		...['AUTHENTICATION_FAILED_PBKDF2', 'UNEXPECTED_MESSAGE', 'COMMIT_ROLLED_BACK'],
	])('the error %p of the client', (code) => {
		expect(explain({ code: `ERR_POSTGRES_${code}` })).toBe('unavailable')
	})

	test.each([
		...['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EMFILE'],
		...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID'],
	])('the error %p of the system', (code) => {
		expect(explain({ code })).toBe('unavailable')
	})
})

test('errors of a statement, of the program and of other databases have no meaning', () => {
	for (const code of ['ERR_POSTGRES_SYNTAX_ERROR', 'ERR_POSTGRES_NOT_TAGGED_CALL', 'SQLITE_BUSY', 'ERR_ASSERTION', ''])
		expect([code, explain({ code })]).toEqual([code, undefined])
	expect(explainPostgresFailure('57P01')).toBeUndefined()
})
