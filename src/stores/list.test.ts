import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findStoreKind, locateDatabase, storeKinds } from './list.ts'

/** The folders that list.ts imports its members from. */
async function memberFolders(): Promise<readonly string[]> {
	const source = await Bun.file(join(import.meta.dir, 'list.ts')).text()
	return [...source.matchAll(/from '\.\/([\w-]+)\/kind\.ts'/g)].map(([, folder = '']) => folder).toSorted()
}

test('every database folder is in the list', async () => {
	const folders: string[] = []
	for (const entry of await readdir(import.meta.dir, { withFileTypes: true }))
		if (entry.isDirectory() && (await Bun.file(join(import.meta.dir, entry.name, 'kind.ts')).exists()))
			folders.push(entry.name)
	expect(folders.toSorted()).toEqual([...(await memberFolders())])
	expect(storeKinds).toHaveLength(folders.length)
})

test('every database in the list runs databaseContract() in its folder, NAME/NAME.test.ts', async () => {
	for (const folder of await memberFolders()) {
		const file = Bun.file(join(import.meta.dir, folder, `${folder}.test.ts`))
		expect([folder, (await file.exists()) ? await file.text() : '']).toEqual([
			folder,
			expect.stringMatching(/^\s*databaseContract\(/m),
		])
	}
})

test('docs/database.md shows the name and the address of every database in the list', async () => {
	const page = await Bun.file(join(import.meta.dir, '..', '..', 'docs', 'database.md')).text()
	const folders = await memberFolders()
	const missing = [
		...folders.filter((folder) => !page.toLowerCase().includes(folder)),
		...storeKinds.map(({ addressForm }) => `\`${addressForm}\``).filter((form) => !page.includes(form)),
	]
	expect(missing).toEqual([])
})

test('the name of a database is in its folder and in the list only', async () => {
	const source = join(import.meta.dir, '..')
	const named: string[] = []
	for await (const file of new Bun.Glob('**/*.ts').scan(source)) {
		if (/\.(test|testing|contract)\.ts$/.test(file)) continue
		for (const folder of await memberFolders()) {
			const isOwn = file.startsWith(`stores/${folder}/`) || file === 'stores/list.ts'
			if (isOwn || isOtherUse(file, folder)) continue
			const code = (await Bun.file(join(source, file)).text()).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
			if (new RegExp(folder, 'i').test(code)) named.push(`${file}: ${folder}`)
		}
	}
	expect(named).toEqual([])
})

/**
 * SQLite also serves as a lock on a file, whose errors the commands describe, and its file is one of those whose
 * permissions `doctor` looks at. The help of the commands has examples with addresses.
 */
function isOtherUse(file: string, folder: string): boolean {
	const ofSqlite = ['system/lock.ts', 'cli/failure.ts', 'cli/listen-failure.ts', 'cli/doctor-machine.ts']
	return file === 'cli/help-text.ts' || (folder === 'sqlite' && ofSqlite.includes(file))
}

test('addresses are recognized by one kind each, and settings become addresses', () => {
	const kindsOf = (address: string) => storeKinds.filter((kind) => kind.recognizes(address)).length
	expect(['sqlite:a.sqlite', 'sqlite:///a', 'postgres://h/x', 'postgresql://h/x'].map(kindsOf)).toEqual([1, 1, 1, 1])
	expect(['sqlite', 'postgres://', 'mysql://h/x', ''].map(kindsOf)).toEqual([0, 0, 0, 0])
	expect(locateDatabase('sqlite', '/data')).toBe('sqlite:/data/dragoman.sqlite')
	expect(locateDatabase('postgres://h/x', '/data')).toBe('postgres://h/x')
	expect(findStoreKind('sqlite:/data/a')?.resolve('sqlite:/data/a')).toBe('sqlite:/data/a')
})
