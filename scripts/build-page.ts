// Builds the web page into dist/page: scripts and styles with the hash of their content in the name, compressed copies, and
// the table that the server reads. It does not know routes or content types, which are the server's.

import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { Glob } from 'bun'
import { writeApiPage } from './api-page.ts'
import { hashedName, writeDiagramFrame, writeMathsStyles } from './page-chunks.ts'
import { languageScripts, languagesPlugin, listLanguages } from './page-languages.ts'
import { scriptsOf, workerName, writeServiceWorker } from './page-worker.ts'

const root = join(import.meta.dir, '..')
const sourceFolder = join(root, 'console')
export const languageFolder = join(sourceFolder, 'languages')
/** Fonts by their names in the style sheets; scripts/subset-fonts.ts makes them. */
const fontFolder = join(sourceFolder, 'fonts')
const output = join(root, 'dist', 'page')

/** Files of the source folder that are part of the build under their own names. */
const copied: readonly string[] = [
	'logo.svg',
	'manifest.webmanifest',
	'icon-192.png',
	'icon-512.png',
	'icon-maskable-512.png',
]

/** Style sheets: that of the first view, and those that are loaded later (console/parts/style-sheets.ts). */
const styleSheets = ['index', 'conversation', 'screens'] as const

/** The scripts of the build. */
const builders: readonly string[] = [
	'api-page.ts',
	'build-page.ts',
	'page-chunks.ts',
	'page-languages.ts',
	'page-worker.ts',
]
/** Scripts that run apart from the page, in the folder of its sources. */
const workers: readonly string[] = ['attachments/pdf-worker.ts']

/** The table of built files, `page.json` beside them. */
export interface BuiltPage {
	/** Hash of everything that the page is built from. */
	readonly sources: string
	/** The document, with `{base}` for the relative address of the page's root and `{language}` for a link to a language's script. */
	readonly document: string
	/** Names of the scripts of languages other than English, by their tags. */
	readonly languages: Readonly<Record<string, string>>
	/** The document of the frame that draws diagrams. */
	readonly diagram: string
	/** The document of the page of the APIs. */
	readonly api: string
	/** Names of the files whose content never changes under that name. */
	readonly hashed: readonly string[]
	/** Names of the files that may change with a new build. */
	readonly fixed: readonly string[]
}

if (import.meta.main) await buildPage()

/** Builds the page, unless the existing build is of the same sources. */
export async function buildPage(): Promise<BuiltPage> {
	const sources = await hashSources()
	const existing = await readFile(join(output, 'page.json'), 'utf8').then(JSON.parse, () => undefined)
	if (existing?.sources === sources) return existing
	const folder = `${output}.${process.pid}`
	await rm(folder, { recursive: true, force: true })
	await mkdir(folder, { recursive: true })
	const page = await bundle(folder, sources, await listLanguages(languageFolder))
	await replaceOutput(folder)
	return page
}

/** Another process may build the same page at the same time: then its result remains. */
async function replaceOutput(folder: string): Promise<void> {
	try {
		await rm(output, { recursive: true, force: true })
		await rename(folder, output)
	} catch (failure) {
		await rm(folder, { recursive: true, force: true })
		if (!(await Bun.file(join(output, 'page.json')).exists())) throw failure
	}
}

/**
 * Bundles the page into a folder.
 *
 * @param languages paths of the language files.
 */
export async function bundle(folder: string, sources: string, languages: readonly string[]): Promise<BuiltPage> {
	const mathsStyles = await writeMathsStyles(folder)
	const fontNames = await copyFonts(folder)
	const styles = await writeStyles(folder, fontNames)
	const built = await Bun.build({
		entrypoints: [join(sourceFolder, 'main.tsx')],
		outdir: folder,
		target: 'browser',
		format: 'esm',
		splitting: true,
		minify: true,
		plugins: [languagesPlugin(languages)],
		naming: { entry: 'main-[hash].[ext]', chunk: 'chunk-[hash].[ext]', asset: '[name]-[hash].[ext]' },
		define: {
			'process.env.NODE_ENV': '"production"',
			MATHS_STYLES: JSON.stringify(mathsStyles),
			CONVERSATION_STYLES: JSON.stringify(styles.conversation),
			SCREEN_STYLES: JSON.stringify(styles.screens),
		},
	})
	if (!built.success) throw new AggregateError(built.logs, 'The page cannot be built.')
	await bundleWorkers(folder)
	const diagram = await writeDiagramFrame(folder, sourceFolder)
	const api = await writeApiPage(folder, sourceFolder)
	const workerNames = workers.map((file) => basename(file).replace(/\.ts$/, '.js'))
	const hashed = (await readdir(folder)).filter((name) => !workerNames.includes(name)).sort()
	const template = await readFile(join(sourceFolder, 'index.html'), 'utf8')
	const [script = '', ...imported] = await scriptsOf(folder, find(hashed, /^main-.*\.js$/))
	const font = fontNames.get('sans.woff2')
	if (font === undefined) throw new Error('the page has no font sans.woff2')
	const document = template
		.replace(
			'{preloads}',
			imported.map((name) => `<link rel="modulepreload" href="{base}page/${name}" />`).join('\n\t\t'),
		)
		.replace('{script}', script)
		.replace('{styles}', styles.index)
		.replace('{font}', font)
	for (const name of copied) await writeFile(join(folder, name), await readFile(join(sourceFolder, name)))
	const languageFiles = await languageScripts(folder, hashed)
	const first = [
		script,
		...imported,
		...Object.values(languageFiles),
		...Object.values(styles),
		font,
		'logo.svg',
		'manifest.webmanifest',
	]
	await writeServiceWorker({ folder, sourceFolder, document, all: [...hashed, ...copied, ...workerNames], first })
	const fixed = [...copied, ...workerNames, workerName]
	for (const name of [...hashed, ...fixed]) await compress(join(folder, name))
	const page: BuiltPage = { sources, document, languages: languageFiles, diagram, api, hashed, fixed }
	await writeFile(join(folder, 'page.json'), JSON.stringify(page))
	return page
}

/** Each worker is one file of a name that does not change: the page starts it by that name. */
async function bundleWorkers(folder: string): Promise<void> {
	const built = await Bun.build({
		entrypoints: workers.map((file) => join(sourceFolder, file)),
		outdir: folder,
		target: 'browser',
		format: 'esm',
		minify: true,
		naming: '[name].[ext]',
	})
	if (!built.success) throw new AggregateError(built.logs, 'The workers of the page cannot be built.')
}

/** @returns the names of the copies, by the names in the style sheets. */
async function copyFonts(folder: string): Promise<ReadonlyMap<string, string>> {
	const names = new Map<string, string>()
	for (const name of await readdir(fontFolder)) {
		if (!name.endsWith('.woff2')) continue
		const bytes = await readFile(join(fontFolder, name))
		const hashed = hashedName(name, bytes)
		await writeFile(join(folder, hashed), bytes)
		names.set(name, hashed)
	}
	return names
}

/** The style sheets of the page, by the names of their sources. */
type StyleSheets = Readonly<Record<(typeof styleSheets)[number], string>>

/** @returns their names in the folder. */
async function writeStyles(folder: string, fontNames: ReadonlyMap<string, string>): Promise<StyleSheets> {
	const names = { index: '', conversation: '', screens: '' }
	for (const sheet of styleSheets) {
		// The bundler would embed the fonts in the style sheet.
		const entry = join(sourceFolder, 'styles', `${sheet}.css`)
		const built = await Bun.build({ entrypoints: [entry], minify: true, external: ['*.woff2'] })
		const content = await built.outputs[0]?.text()
		if (content === undefined) throw new AggregateError(built.logs, 'The styles of the page cannot be built.')
		const linked = content.replace(/url\("?([\w-]+\.woff2)"?\)/g, (_, name) => `url(${fontNames.get(name) ?? name})`)
		names[sheet] = hashedName(`${sheet}.css`, linked)
		await writeFile(join(folder, names[sheet]), linked)
	}
	return names
}

/** Compressed copies beside the file, for types that compress well. */
async function compress(file: string): Promise<void> {
	if (!/\.(js|css|svg|json|webmanifest)$/.test(file)) return
	const bytes = await readFile(file)
	await writeFile(`${file}.gz`, gzipSync(bytes, { level: bytes.length > 1_000_000 ? 6 : 9 }))
	// The best quality would take seconds for the library of diagrams.
	const quality = bytes.length > 1_000_000 ? 5 : constants.BROTLI_MAX_QUALITY
	const { BROTLI_PARAM_SIZE_HINT: hint, BROTLI_PARAM_QUALITY: level } = constants
	await writeFile(`${file}.br`, brotliCompressSync(bytes, { params: { [hint]: bytes.length, [level]: quality } }))
}

function find(names: readonly string[], pattern: RegExp): string {
	const name = names.find((name) => pattern.test(name))
	if (name === undefined) throw new Error(`The build has no file ${pattern}.`)
	return name
}

/** A hash of the page's files, of the scripts that build it, and of the versions of all packages. */
async function hashSources(): Promise<string> {
	const hash = createHash('sha256')
	const names: string[] = []
	for await (const name of new Glob('**/*').scan(sourceFolder))
		if (!/\.test\.tsx?$|\.testing\.tsx?$|\.d\.ts$|\.md$/.test(name)) names.push(name)
	for (const name of names.sort()) hash.update(`${name}\n`).update(await readFile(join(sourceFolder, name)))
	for (const name of builders) hash.update(await readFile(join(import.meta.dir, name)))
	// The code view reads this page of the documentation, and answers of the toy model are marked by its name.
	for (const path of ['docs/fidelity.md', 'src/weights/catalogue.ts']) hash.update(await readFile(join(root, path)))
	hash.update(await readFile(join(root, 'package-lock.json')).catch(() => basename(root)))
	return hash.digest('hex')
}
