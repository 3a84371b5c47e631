// Checks every import under src/ against a table of permitted imports. Prints violations and exits with status 1: an
// import that the table does not permit, an engine or a wire that imports another vendor's wire, a permission that no
// import uses, a circle among folders or among files, and imports between members of a folder that must be independent.
// Tests may import more than the code beside them, so only the first rule applies to them.

import { dirname, join, normalize, relative } from 'node:path'
import { Glob } from 'bun'
import { findCircles } from './circles.ts'
import { foreignWire, furtherWires } from './wire-imports.ts'

/** Each folder (or file) of src/ with the folders that it may import from. */
const allowed: Readonly<Record<string, readonly string[]>> = {
	chat: [],
	system: [],
	operations: ['chat'],
	tokens: ['chat', 'system'],
	limits: ['chat'],
	keys: ['chat', 'system'],
	fields: ['http', 'system'],
	http: ['chat', 'system'],
	conversations: ['chat', 'keys', 'system'],
	processes: ['system'],
	routing: ['chat', 'fields', 'system', 'tokens'],
	streams: ['chat', 'http', 'keys', 'system'],
	ledger: ['chat', 'routing', 'system'],
	telemetry: ['chat', 'fields', 'http', 'system'],
	weights: ['system'],
	wire: ['chat', 'conversations', 'ledger', 'limits', 'operations'],
	dialects: ['chat', 'conversations', 'http', 'keys', 'ledger', 'limits', 'operations', 'routing', 'wire'],
	engines: ['chat', 'fields', 'http', 'operations', 'system', 'weights', 'wire'],
	embedded: ['chat', 'engines', 'operations', 'system'],
	stores: ['chat', 'conversations', 'keys', 'ledger', 'processes', 'system'],
	pipeline: [
		'chat',
		'conversations',
		'dialects',
		'engines',
		'http',
		'keys',
		'ledger',
		'limits',
		'operations',
		'routing',
		'streams',
		'system',
		'telemetry',
		'tokens',
	],
	config: [
		'chat',
		'dialects',
		'engines',
		'fields',
		'http',
		'keys',
		'routing',
		'stores',
		'system',
		'telemetry',
		'tokens',
		'weights',
	],
	openapi: ['chat', 'dialects', 'routing', 'system', 'wire'],
	server: [
		'chat',
		'conversations',
		'dialects',
		'engines',
		'http',
		'keys',
		'limits',
		'openapi',
		'pipeline',
		'routing',
		'system',
		'telemetry',
		'tokens',
	],
	gateway: [
		'chat',
		'config',
		'conversations',
		'engines',
		'http',
		'keys',
		'ledger',
		'pipeline',
		'processes',
		'routing',
		'server',
		'stores',
		'streams',
		'system',
		'telemetry',
		'wire',
	],
	cli: [
		'chat',
		'config',
		'dialects',
		'embedded',
		'engines',
		'gateway',
		'http',
		'keys',
		'ledger',
		'routing',
		'server',
		'stores',
		'system',
		'telemetry',
		'weights',
	],
	'main.ts': ['cli', 'config', 'system'],
}

/** Folders that only these files may import, because they run in a separate process. */
const onlyFrom: Readonly<Record<string, readonly string[]>> = { embedded: ['cli/engine.ts'] }

/** Folders whose members must be independent: `src/dialects/a` never imports `src/dialects/b`. */
const separate: readonly string[] = ['dialects']

/** Folders of code that several members share: members may import them, they import no member. */
const parents: readonly string[] = ['dialects/albert-family', 'dialects/openai-family']

/** Known circles among files, by one of their files. */
const knownCircles: ReadonlySet<string> = new Set([])

const root = normalize(join(import.meta.dir, '..', 'src'))
const violations: string[] = []
const files = new Map<string, Set<string>>()
const wires = new Map<string, Set<string>>()
const folders = new Map<string, Set<string>>()
let imports = 0

for await (const file of new Glob('**/*.ts').scan(root)) {
	const from = folderOf(file)
	const permitted = allowed[from]
	if (permitted === undefined) {
		violations.push(`${file}: '${from}' is not in the table`)
		continue
	}
	const isTest = /\.(test|testing|contract)\.ts$/.test(file)
	const source = await Bun.file(join(root, file)).text()
	for (const path of importsOf(source)) {
		const target = relative(root, normalize(join(root, dirname(file), path)))
		if (target.startsWith('..')) continue
		imports++
		const to = folderOf(target)
		if (to !== from && !permitted.includes(to) && !isTest)
			violations.push(`${file} imports ${target}: ${from} must not import ${to}`)
		const importers = onlyFrom[to]
		if (to !== from && !isTest && importers !== undefined && !importers.includes(file))
			violations.push(`${file} imports ${target}: only ${importers.join(', ')} may`)
		if (to === from && separate.includes(from) && areSeparate(file, target))
			violations.push(`${file} imports ${target}: members of ${from} must not import each other`)
		const wire = foreignWire(file, target)
		if (wire !== undefined && !isTest) {
			if (furtherWires[wire.importer]?.includes(wire.name)) add(wires, wire.importer, wire.name)
			else violations.push(`${file} imports ${target}: ${wire.importer} must not import wire/${wire.name}`)
		}
		if (isTest) continue
		if (to !== from) add(folders, from, to)
		add(files, file, target)
	}
}

for (const [from, permitted] of Object.entries(allowed))
	for (const to of permitted)
		if (folders.get(from)?.has(to) !== true)
			violations.push(`the table permits ${from} to import ${to}, but no file does: remove the permission`)
for (const [importer, permitted] of Object.entries(furtherWires))
	for (const name of permitted)
		if (wires.get(importer)?.has(name) !== true)
			violations.push(`${importer} may import wire/${name}, but no file does: remove the permission`)
for (const circle of findCircles(folders))
	violations.push(`folders import each other in a circle: ${circle.join(', ')}`)
for (const circle of findCircles(files))
	if (!circle.some((file) => knownCircles.has(file)))
		violations.push(`files import each other in a circle: ${circle.join(', ')}`)

for (const violation of violations) console.error(violation)
console.log(`${imports} imports follow the table, ${violations.length} violations`)
if (violations.length > 0) process.exit(1)

/** Paths of static and dynamic imports, including types, and of worker scripts. */
function importsOf(source: string): readonly string[] {
	const pattern =
		/(?:^|\s)(?:import|export)\s[^'"]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)|new URL\('(\.[^']+\.ts)', import\.meta\.url\)/g
	return [...source.matchAll(pattern)].map(([, fixed, dynamic, worker]) => fixed ?? dynamic ?? worker ?? '')
}

function add(graph: Map<string, Set<string>>, from: string, to: string): void {
	const known = graph.get(from) ?? new Set()
	graph.set(from, known.add(to))
}

function areSeparate(file: string, target: string): boolean {
	const [one, other] = [memberOf(file), memberOf(target)]
	if (one === undefined || other === undefined || one === other) return false
	return !parents.some((parent) => target.startsWith(`${parent}/`))
}

function folderOf(file: string): string {
	return file.split('/')[0] ?? file
}

function memberOf(file: string): string | undefined {
	const parts = file.split('/')
	return parts.length > 2 ? parts[1] : undefined
}
