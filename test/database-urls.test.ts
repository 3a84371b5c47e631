// Passwords in the URL of a database: whatever is wrong with it, no part of them is shown.

import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { databaseLocation, databaseUrlProblem } from '../src/stores/database-url.ts'
import { openDatabase } from '../src/stores/open-stores.ts'
import { postgres } from '../src/stores/postgres/kind.ts'
import { hideCredentials } from '../src/system/redaction.ts'
import { runCommand, temporaryFolder } from './server.ts'

const refusingAddress = '127.0.0.1:1'
/** What may not be seen of each: the parts around the reserved characters. */
const passwords = ['99/Tr0ub4dor3', '12#34secret', 'alpha@omega']
const morePasswords = [
	'12?34secret',
	'77%zzhidden',
	'12/abc@cdhidden',
	'50%hidden%',
	'hidden/hidden',
	'[hidden',
	'hid:den',
	'hid#den:99',
	'50%hidden/%zz#more?rest',
	'hidden\nhidden',
	'hidden\thidden',
	'?hidden',
	'#hidden',
	'hidden%2',
	'hidden@hidden@hidden',
	'h%00hidden',
	'sp hidden ace',
	'"hidden\'',
	'\\hidden',
	'%E2%28hidden',
]
/** Addresses in which the password is not between user and host. */
const misplacedPasswords = [
	`postgres://admin@${refusingAddress}/prod?password=hidden`,
	`postgres://${refusingAddress}/prod?user=admin&password=hid%64en`,
	'postgres:///prod?host=/tmp/nowhere&password=hidden',
	`postgres://admin@${refusingAddress}/prod?sslmode=require&sslpassword=hidden`,
	'postgres://admin:hidden@/prod',
	'postgres://admin:hidden@%2Ftmp%2Fnowhere/prod',
	'postgres://admin:hidden@[::1/prod',
	'postgres://admin:hidden@127.0.0.1:1:2/prod',
	'postgres://admin:hidden@127.0.0.1,127.0.0.2:1/prod',
	'postgres://admin:hidden/prod',
	'postgres://admin:hidden',
	'postgres:admin:hidden@h/x',
	'postgres:/admin:hidden@h/x',
	`POSTGRES://admin:hidden@${refusingAddress}/prod`,
	`postgres://:hidden@${refusingAddress}/prod`,
]
const partsOf = (password: string) => password.split(/[/#?@%\s]/).filter(({ length }) => length > 2)

describe('an unencoded password is not shown', () => {
	for (const password of passwords) {
		const url = `postgres://admin:${password}@${refusingAddress}/prod`
		const commands: readonly (readonly [name: string, args: (config: string, folder: string) => readonly string[]])[] =
			[
				['serve', (config) => ['serve', '--listen', '127.0.0.1:0', '--config', config]],
				['migrate', (config) => ['migrate', '--config', config]],
				['config check', (config) => ['config', 'check', '--config', config]],
				['keys list', (config) => ['keys', 'list', '--config', config]],
				['usage', (config) => ['usage', '--config', config]],
				['copy --to', (_, folder) => ['copy', '--from', `sqlite:${join(folder, 'x.sqlite')}`, '--to', url]],
				['copy --from', (_, folder) => ['copy', '--from', url, '--to', `sqlite:${join(folder, 'x.sqlite')}`]],
			]
		for (const [name, args] of commands)
			test(`${name} with ${password}`, async () => {
				const folder = await temporaryFolder()
				const config = join(folder, 'dragoman.yaml')
				if (name === 'copy --to') await (await openDatabase(`sqlite:${join(folder, 'x.sqlite')}`, 'create')).close()
				await Bun.write(
					config,
					`data: ${folder}\ndatabase: "${url}"\nmodels: { e: { route: [e] } }\nupstreams: { e: { engine: echo } }\n`,
				)
				const { status, stdout, stderr } = await runCommand(args(config, folder))
				// More than one @ is read as it is meant; only a database that cannot be opened is suspicious.
				if (name === 'config check' && password === 'alpha@omega') expect(status).toBe(0)
				else {
					expect(status).not.toBe(0)
					expect(stderr).toContain('percent-encode reserved characters in the user name and password')
				}
				const shown = (stdout + stderr).replaceAll(folder, '')
				for (const part of partsOf(password)) expect(shown).not.toContain(part)
			})
	}
})

test('the database is refused before anything is sent to a host of the wrong name', async () => {
	for (const password of morePasswords) {
		const opened = openDatabase(`postgres://admin:${password}@${refusingAddress}/prod`, 'create')
		const message = String(await opened.catch((thrown: unknown) => thrown))
		expect(message).toMatch(/^DatabaseError: The (configured )?database /)
		for (const part of partsOf(password)) expect(message).not.toContain(part)
	}
})

test.each(misplacedPasswords)('%p shows no part of the password', async (url) => {
	const message = String(await openDatabase(url, 'create').catch((thrown: unknown) => thrown))
	expect(message).toStartWith('DatabaseError: ')
	expect(message).not.toMatch(/hidden|hid%64en/)
})

test('a password among the parameters of the URL is refused with its position', () => {
	expect(postgres.problem('postgres://u@h/x?password=p')).toBe(
		'the password is not a parameter: write it before the host, as in postgres://USER:PASSWORD@HOST/NAME',
	)
	expect(postgres.problem('postgres://u:p@h/x?prepare=maybe')).toBe('the parameter `prepare` must be true or false')
	expect(postgres.problem('postgres://u:p@h/x?sslmode=require&prepare=false')).toBeUndefined()
})

test('a password in the environment of the client is not shown', async () => {
	const from = `postgres://admin@${refusingAddress}/prod`
	const args = ['copy', '--from', from, '--to', 'sqlite:/tmp/never.sqlite']
	const { stderr, status } = await runCommand(args, { PGPASSWORD: 'hidden-word' })
	expect(status).toBe(1)
	expect(stderr).not.toContain('hidden')
})

test('an encoded password works, and is not shown if the database is unavailable', async () => {
	const url = `postgres://admin:99%2FTr0ub%23@${refusingAddress}/prod`
	const { stderr, status } = await runCommand(['copy', '--from', url, '--to', 'sqlite:/tmp/never.sqlite'])
	expect([status, stderr]).toEqual([
		1,
		expect.stringContaining(`The database ${refusingAddress}/prod cannot be opened: `),
	])
	expect(stderr).not.toContain('Tr0ub')
})

test('a URL with a misspelled scheme is not shown', async () => {
	for (const url of ['postgers://me:secret@h/x', 'mysql:me:secret', 'postgres:/me:secret@h'])
		expect((await runCommand(['copy', '--from', url, '--to', 'sqlite:/tmp/x'])).stderr).not.toContain('secret')
})

test('the parts of a URL that may be shown', () => {
	expect(databaseLocation('postgres://u:p@[::1]:5432/prod?sslmode=require')).toBe('[::1]:5432/prod')
	expect(databaseLocation('postgres:///prod')).toBe('/prod')
	expect(databaseLocation('postgres://u:p@q@h/prod')).toBeUndefined()
	expect(databaseUrlProblem('postgres://u:p%40q@h/prod?options=-c%20a')).toBeUndefined()
	expect(databaseUrlProblem('postgres://u:p@h:port/prod')).toContain('percent-encode')
	expect(hideCredentials('cannot reach "postgres://u:a/b@c#d@host/x" or http://h/y')).toBe(
		'cannot reach "postgres://***@host/x" or http://h/y',
	)
})

test.each([
	['UNSET_PASSWORD', 'UNSET_PASSWORD is not set'],
	['A-B', 'is not a variable'],
])('copy refuses the variable %p as the configuration does', async (inner, reason) => {
	const url = ['postgres://me:$', '{', inner, '}@', refusingAddress, '/x'].join('')
	const { stderr, status } = await runCommand(['copy', '--from', url, '--to', 'sqlite:/tmp/never.sqlite'])
	expect(status).toBe(2)
	expect(stderr).toStartWith('--from: ')
	expect(stderr).toContain(reason)
})
