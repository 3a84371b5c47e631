import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { isStrongSecret, secretBits } from './secret-strength.ts'

/** Reproducible bytes. */
const bytes = (seed: number, length: number) => createHash('sha512').update(String(seed)).digest().subarray(0, length)

test.each([
	['openssl rand -hex 32', (seed: number) => bytes(seed, 32).toString('hex')],
	['openssl rand -hex 16', (seed: number) => bytes(seed, 16).toString('hex')],
	['the same in upper case', (seed: number) => bytes(seed, 16).toString('hex').toUpperCase()],
	['openssl rand -base64 32', (seed: number) => bytes(seed, 32).toString('base64')],
	['24 bytes in base64url', (seed: number) => bytes(seed, 24).toString('base64url')],
	['a generated key', (seed: number) => `dgm-${bytes(seed, 24).toString('base64url')}`],
	[
		'32 lower-case letters and digits',
		(seed: number) =>
			BigInt(`0x${bytes(seed, 24).toString('hex')}`)
				.toString(36)
				.slice(0, 32),
	],
	[
		'48 random digits',
		(seed: number) =>
			BigInt(`0x${bytes(seed, 24).toString('hex')}`)
				.toString(10)
				.slice(0, 48),
	],
] as const)('random secrets are strong: %s', (_, make) => {
	const weak = Array.from({ length: 500 }, (_, seed) => make(seed)).filter((secret) => !isStrongSecret(secret))
	expect(weak).toEqual([])
})

test.each([
	'changemechangeme',
	'changeme'.repeat(20),
	'change-me-change-me-change-me-change-me',
	'ChangeMe123456789!ChangeMe123456789!',
	'passwordpasswordpassword',
	'my-super-secret-admin-key-for-dragoman',
	'correct horse battery staple',
	'CorrectHorseBatteryStaple',
	'a'.repeat(200),
	'ab'.repeat(100),
	'0123456789abcdef0123456789abcdef',
	'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
	'deadbeefdeadbeefdeadbeefdeadbeef',
	'1111111111222222222233333333334444444444',
	'12345678901234567890123456789012345678901234567890',
	'an-operators-long-secret',
	'test-admin-key-0123456789',
	'YOUR-SECRET-ADMIN-TOKEN-HERE-PLEASE-REPLACE-ME',
	bytes(1, 12).toString('hex'),
	bytes(1, 15).toString('base64url'),
])('%p is weak', (secret) => {
	expect(secretBits(secret)).toBeLessThan(128)
})
