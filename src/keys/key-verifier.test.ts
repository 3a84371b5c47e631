import { expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { MemoryKeyStore } from '../stores/memory-key-store.testing.ts'
import { configuredKey } from './configured-key.ts'
import { createKey } from './key.ts'
import { defaultKeyRules } from './key-rules.ts'
import { KeyVerifier } from './key-verifier.ts'

class CountingStore extends MemoryKeyStore {
	reads = 0

	override findByHash(hash: string) {
		this.reads++
		return super.findByHash(hash)
	}
}

const strong = '3f9c0e7a51b2d84466e1f07c9a8b3d52'
const address = '192.0.2.1'
const wrong = (number: number) => `dgm-${String(number).padStart(32, '0')}`

async function open({ configured, wrongPerMinute = 3 }: { configured?: string; wrongPerMinute?: number } = {}) {
	const store = new CountingStore()
	const { key, secret } = createKey({ name: 'alice', role: 'user' }, 1000)
	await store.insert(key)
	const verifier = new KeyVerifier({
		store,
		configured: configured === undefined ? undefined : { key: configuredKey(configured, 1000), secret: configured },
		rules: { ...defaultKeyRules, wrongPerMinute },
	})
	const verify = async (text: string, from = address, nowMs = 2000) => {
		const result = await verifier.verify(text, from, nowMs).catch((thrown: unknown) => thrown)
		if (result instanceof ChatError) return [result.kind, result.retryAfterMs]
		return typeof result === 'object' && result !== null && 'name' in result ? result.name : result
	}
	return { store, key, secret, verify }
}

test('after too many wrong keys, further ones are refused for the rest of the minute', async () => {
	const { verify } = await open()
	for (let number = 0; number < 3; number++) expect(await verify(wrong(number))).toEqual(['invalid-key', undefined])
	expect(await verify(wrong(4), address, 32_000)).toEqual(['rate-limited', 30_000])
	expect(await verify('not a key', address, 32_000)).toEqual(['rate-limited', 30_000])
	expect(await verify(wrong(5), '192.0.2.2')).toEqual(['invalid-key', undefined])
	expect(await verify(wrong(6), address, 62_000)).toEqual(['invalid-key', undefined])
})

test('a correct key is accepted from an address that presents wrong ones', async () => {
	const { verify, secret } = await open({ configured: strong })
	for (let number = 0; number < 10; number++) await verify(wrong(number))
	expect(await verify(secret)).toBe('alice')
	expect(await verify(strong)).toBe('operator')
})

test('a weak configured key is not compared for an address that guesses', async () => {
	const { verify } = await open({ configured: 'changemechangeme' })
	expect(await verify('changemechangeme')).toBe('operator')
	for (let number = 0; number < 4; number++) await verify(`guess ${number}`)
	expect(await verify('changemechangeme')).toEqual(['rate-limited', 60_000])
	expect(await verify('changemechangeme', '192.0.2.2')).toBe('operator')
	expect(await verify('changemechangeme', address, 62_001)).toBe('operator')
})

test('revoked and expired keys are not guesses', async () => {
	const { store, key, verify, secret } = await open()
	await store.revoke(key.id, 1500)
	for (let call = 0; call < 10; call++) expect(await verify(secret)).toEqual(['invalid-key', undefined])
	expect(await verify(wrong(1))).toEqual(['invalid-key', undefined])
})

test('text that cannot be a key costs no query', async () => {
	const { store, verify, secret } = await open()
	const malformed = [
		'x',
		'dgm-',
		'dgm-short',
		`${secret}x`,
		secret.slice(1),
		`dgm_${secret.slice(4)}`,
		`dgm-${'ä'.repeat(32)}`,
	]
	for (const text of malformed) expect(await verify(text, text)).toEqual(['invalid-key', undefined])
	expect(store.reads).toBe(0)
	expect(await verify(secret)).toBe('alice')
	expect(store.reads).toBe(1)
})

test('keys that a configured key created are valid while it is configured', async () => {
	const store = new MemoryKeyStore()
	const operator = { key: configuredKey(strong, 1000), secret: strong }
	const { key: child, secret } = createKey({ name: 'child', role: 'user', creator: operator.key }, 1000)
	const { key: grandchild, secret: deeper } = createKey({ name: 'deeper', role: 'user', creator: child }, 1000)
	for (const key of [child, grandchild]) await store.insertChild(key, { active: 9, ended: 9 })
	const other = '7c1d9b60f2a34e5588d0c6b1a9e3f742'
	const names = await Promise.all(
		[operator, { key: configuredKey(other, 1000), secret: other }, undefined, operator].map(async (configured) => {
			const verifier = new KeyVerifier({ store, configured, rules: defaultKeyRules })
			const verify = (text: string) =>
				verifier.verify(text, address, 2000).then(
					({ name }) => name,
					(thrown: unknown) => (thrown instanceof ChatError ? thrown.kind : thrown),
				)
			return [await verify(secret), await verify(deeper)]
		}),
	)
	expect(names).toEqual([
		['child', 'deeper'],
		['invalid-key', 'invalid-key'],
		['invalid-key', 'invalid-key'],
		['child', 'deeper'],
	])
})
