import { expect, test } from 'bun:test'
import { createKey, type Key } from './key.ts'
import { revocable } from './revocation.ts'
import { tenantId } from './scope.ts'

const make = (name: string, more: Partial<Parameters<typeof createKey>[0]> = {}, at = 1000): Key =>
	createKey({ name, role: 'user', ...more }, at).key
const names = (keys: readonly Key[]) => keys.map(({ id }) => id)

test.each(['id', 'name', 'prefix'] as const)('a key is found by its %s', (handle) => {
	const [key, other] = [make('phone'), make('other')]
	expect(revocable([other, key], key[handle])).toEqual([key])
	expect(revocable([other], key[handle])).toEqual([])
})

test('a key is found by its complete secret', () => {
	const { key, secret } = createKey({ name: 'phone', role: 'user' }, 1000)
	expect(revocable([make('other'), key], secret)).toEqual([key])
})

test('all keys with the name are found, without revoked ones unless there is no other', () => {
	const [old, first, second] = [{ ...make('ci'), revokedAtMs: 1500 }, make('ci'), make('ci')]
	expect(names(revocable([old, first, second], 'ci'))).toEqual(names([first, second]))
	expect(names(revocable([old, first], 'ci'))).toEqual(names([first]))
	expect(names(revocable([old], 'ci'))).toEqual(names([old]))
})

test('a name that imitates the id, the prefix or the name of another key does not hide it', () => {
	const victim = make('carol', { tenant: 'clinic' })
	const attacker = make('attacker', { tenant: 'elsewhere' })
	const imitators = ['carol', victim.id, victim.prefix].map((name) =>
		make(name, { tenant: 'elsewhere', creator: attacker }, 2000),
	)
	const all = [...imitators, attacker, victim]
	for (const which of ['carol', victim.id, victim.prefix]) {
		expect(names(revocable(all, which))).toEqual([victim.id])
		expect(names(revocable(all, which, tenantId('clinic')))).toEqual([victim.id])
	}
	// Even if an operator created the imitators.
	const byOperator = [victim.id, victim.prefix].map((name) => make(name))
	for (const which of [victim.id, victim.prefix])
		expect(names(revocable([...byOperator, victim], which))).toEqual([victim.id])
})

test('names that clients chose match within a tenant only', () => {
	const creator = make('creator', { tenant: 'clinic' })
	const key = make('ci', { tenant: 'clinic', creator })
	expect(revocable([creator, key], 'ci')).toEqual([])
	expect(names(revocable([creator, key], 'ci', tenantId('clinic')))).toEqual([key.id])
	expect(revocable([creator, key], 'ci', tenantId('elsewhere'))).toEqual([])
	// A key that an operator revoked does not redirect its name to a client's key.
	const revoked = { ...make('ci'), revokedAtMs: 1500 }
	expect(names(revocable([revoked, key], 'ci'))).toEqual([revoked.id])
})
