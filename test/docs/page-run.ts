// Runs the steps of a page in one new folder, as a person does who follows it: a shell that continues from block to block,
// programs in the background, files. The folder looks like a clone. Ports and addresses of the page are replaced by free
// ones, so pages can run at the same time as servers of this machine. It does not know which pages exist.

import { openSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { bunFlags } from '../../bin/bun-flags.mjs'
import { engineFolder, modelFolder } from '../engine.ts'
import { eventually } from '../faults/gateway.ts'
import { root, temporaryFolder } from '../server.ts'
import { checkConfig, checkSame, checkShell, checkTested } from './block-checks.ts'
import { outputFault } from './expected-output.ts'
import type { DocumentedPage, PageStep, ProgramLanguage } from './page-blocks.ts'
import { PageText } from './page-text.ts'
import { Program } from './program.ts'
import { type StandIn, startStandIn } from './stand-in.ts'

type RunStep = Extract<PageStep, { readonly type: 'run' }>

/** Longest time of a block, and of the wait for an expected output. */
const blockTimeoutMs = 120_000

/** Follows a page. @throws at the first block that does not do what the page says. */
export async function runPage(page: DocumentedPage): Promise<void> {
	const run = new PageRun(page, await temporaryFolder())
	try {
		await run.prepare()
		for (const step of page.steps) {
			await run.perform(step).catch((cause: unknown) => {
				const reason = cause instanceof Error ? cause.message : String(cause)
				throw new Error(`${page.path}:${step.line}: ${reason}`, { cause })
			})
		}
	} finally {
		await run.end()
	}
}

class PageRun {
	/** Where the blocks run. */
	private readonly clone: string
	private readonly home: string
	private readonly own: string
	private readonly background: Program[] = []
	/** All programs, for those that outlive their blocks. */
	private readonly programs: Program[] = []
	private readonly standIns: StandIn[] = []
	private readonly text = new PageText()
	private readonly codeBefore = new Map<ProgramLanguage, string>()
	private blocks = 0

	private readonly page: DocumentedPage
	private readonly folder: string

	constructor(page: DocumentedPage, folder: string) {
		this.page = page
		this.folder = folder
		this.clone = join(folder, 'dragoman')
		this.home = join(folder, 'home')
		this.own = join(folder, 'run')
	}

	/** Makes the folder look like a clone, with the commands of a person who has installed it. */
	async prepare(): Promise<void> {
		const commands = join(this.own, 'bin')
		for (const one of [this.clone, this.home, commands]) await mkdir(one, { recursive: true })
		for (const name of await readdir(root))
			if (!name.startsWith('.')) await symlink(join(root, name), join(this.clone, name))
		const launcher = join(root, 'bin', 'dragoman.mjs')
		// Without the launcher, which costs a start of Node.js for each of many commands.
		await this.addCommand(
			'dragoman',
			`exec '${process.execPath}' ${bunFlags.join(' ')} '${join(root, 'src', 'main.ts')}' "$@"`,
		)
		// A response with an error ends a block.
		await this.addCommand('curl', `exec '${Bun.which('curl')}' --fail-with-body "$@"`)
		// npx without its second of start: it runs the same file.
		await this.addCommand('npx', `[ "$1 $2" = "--no-install dragoman" ] && shift 2 && exec node '${launcher}' "$@"`)
		const python = process.env.DRAGOMAN_TEST_PYTHON ?? 'python3'
		for (const name of ['python', 'python3']) await this.addCommand(name, `exec '${resolve(root, python)}' "$@"`)
		if (this.page.needs.includes('engine')) {
			await mkdir(join(this.clone, '.dragoman'), { mode: 0o700 })
			await symlink(engineFolder, join(this.clone, '.dragoman', 'engine'))
			await symlink(modelFolder, join(this.clone, '.dragoman', 'models'))
		}
		await writeFile(this.stateFile, `cd '${this.clone}'\n`)
	}

	private get stateFile(): string {
		return join(this.own, 'state.sh')
	}

	private async addCommand(name: string, script: string): Promise<void> {
		const file = join(this.own, 'bin', name)
		await writeFile(file, `#!/bin/sh\n${script}\n`)
		await chmod(file, 0o755)
	}

	async perform(step: PageStep): Promise<void> {
		switch (step.type) {
			case 'run':
				return this.run(step)
			case 'file': {
				const path = resolve(this.clone, await this.translate(step.path))
				if (relative(this.folder, path).startsWith('..')) throw new Error(`${path} is outside the folder of the page`)
				await mkdir(dirname(path), { recursive: true })
				return writeFile(path, await this.translate(step.text))
			}
			case 'config':
				return checkConfig(step.text, this.own)
			case 'same':
				return checkSame(step.path, step.text)
			case 'elsewhere':
				return checkTested(step.path, step.code, this.page.path)
			case 'skip':
				return /^(sh|bash)$/.test(step.language) ? checkShell(step.code) : undefined
			case 'stand-in': {
				const standIn = startStandIn(step.origin, step.model)
				this.standIns.push(standIn)
				return this.text.replace(step.origin, standIn.address)
			}
			case 'stop':
				return this.stop(step.target)
			case 'replace':
				return this.text.replace(step.text, this.value(await this.text.translate(step.value)))
			default:
				step satisfies never
		}
	}

	private async run(step: RunStep): Promise<void> {
		const before = step.continued ? (this.codeBefore.get(step.language) ?? '') : ''
		const code = await this.translate(step.code)
		this.codeBefore.set(step.language, `${before}${code}\n`)
		if (step.mode === 'background') {
			const program = await this.start(step, code, '')
			this.background.push(program)
			await eventually(`"${step.readyText}" printed`, () => program.isReady(step.readyText), blockTimeoutMs)
			return this.compare(step, await program.printed())
		}
		const once = async () => {
			const program = await this.start(step, code, before)
			const status = await program.end(blockTimeoutMs)
			const printed = await program.printed()
			if (status !== step.status)
				throw new Error(`ended with status ${status}, expected ${step.status}:\n${this.text.original(printed)}`)
			return printed
		}
		if (step.mode === 'once') return this.compare(step, await once())
		const untilMs = performance.now() + blockTimeoutMs
		for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, 2000)) {
			const fault = await once().then(
				(printed) => this.fault(step, printed),
				(cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
			)
			if (fault === undefined) return
			if (performance.now() > untilMs) throw new Error(fault)
			await Bun.sleep(pauseMs)
		}
	}

	private compare(step: RunStep, printed: string): void {
		const fault = this.fault(step, printed)
		if (fault !== undefined) throw new Error(fault)
	}

	private fault(step: RunStep, printed: string): string | undefined {
		return step.output === undefined ? undefined : outputFault(step.output, this.text.original(printed))
	}

	/** Starts a block. What the programs of its earlier blocks print again is left out. */
	private async start({ language, mode }: RunStep, code: string, before: string): Promise<Program> {
		const name = `block-${++this.blocks}`
		const output = join(this.own, `${name}.out`)
		const saves = mode !== 'background'
		const marker = `${name} begins`
		const argv = await this.prepareBlock(language, join(this.own, name), code, before, marker, saves)
		const program = new Program({
			argv,
			cwd: this.clone,
			output,
			outputFd: openSync(output, 'a', 0o600),
			marker: before === '' ? undefined : marker,
			env: {
				PATH: `${join(this.own, 'bin')}:${process.env.PATH ?? ''}`,
				HOME: this.home,
				LANG: 'C.UTF-8',
				TERM: 'dumb',
				// The default address; a configuration file with another one is not overridden.
				...(this.setsAddress ? {} : { DRAGOMAN_LISTEN: `127.0.0.1:${await this.text.portFor('8080')}` }),
			},
		})
		this.programs.push(program)
		return program
	}

	/** @param saves whether later blocks have the variables of this one. */
	private async prepareBlock(
		language: ProgramLanguage,
		file: string,
		code: string,
		before: string,
		marker: string,
		saves: boolean,
	): Promise<readonly string[]> {
		switch (language) {
			case 'sh': {
				const save = `trap '{ export -p; printf "cd %q\\n" "$PWD"; } > "${this.stateFile}"' EXIT`
				await writeFile(`${file}.sh`, code)
				await writeFile(
					`${file}.run.sh`,
					`. '${this.stateFile}'\nset -aeo pipefail\n${saves ? save : ''}\n. '${file}.sh'\n`,
				)
				return ['bash', '--norc', `${file}.run.sh`]
			}
			case 'python':
				await writeFile(`${file}.py`, before === '' ? code : `${before}\nprint(${JSON.stringify(marker)})\n${code}`)
				return this.inShell(`python -u '${file}.py'`)
			case 'ts': {
				// In the clone, where its imports are found.
				const script = join(this.clone, `${file.split('/').at(-1)}.ts`)
				await writeFile(script, before === '' ? code : `${before}\nconsole.log(${JSON.stringify(marker)})\n${code}`)
				return this.inShell(`'${process.execPath}' '${script}'`)
			}
			default:
				return language satisfies never
		}
	}

	/** A program with the variables of the shell. */
	private inShell(command: string): readonly string[] {
		return ['bash', '--norc', '-c', `. '${this.stateFile}'; exec ${command}`]
	}

	private async stop(target: string): Promise<void> {
		const standIn = this.standIns.find(({ origin }) => origin === target)
		if (standIn !== undefined) return standIn.stop()
		const program = target === 'server' ? this.background.pop() : undefined
		if (program === undefined) throw new Error(`nothing runs that is called "${target}"`)
		const status = await program.stop(blockTimeoutMs)
		if (status !== 0) throw new Error(`ended with status ${status}:\n${this.text.original(await program.printed())}`)
	}

	/** Whether a block of the page sets the address of a server itself. */
	private get setsAddress(): boolean {
		return this.page.steps.some((step) => 'text' in step && /^\s*listen:/m.test(step.text))
	}

	/** `$FOLDER` is the folder of the page, `$ENGINE` and `$MODELS` those of the engine; other names are variables of the tests. */
	private value(text: string): string {
		const own = new Map([
			['FOLDER', this.folder],
			['ENGINE', engineFolder],
			['MODELS', modelFolder],
		])
		return text.replace(/\$([A-Z_]+)/g, (_, name: string) => {
			const value = own.get(name) ?? process.env[name]
			if (value === undefined) throw new Error(`the tests have no ${name}`)
			return value
		})
	}

	/** A text of the page with the addresses of this run, and the key of its shell. */
	private async translate(text: string): Promise<string> {
		return (await this.text.translate(text)).replaceAll('dgm-…', (await this.variable('KEY')) ?? 'dgm-…')
	}

	/** A variable of the page's shell. */
	private async variable(name: string): Promise<string | undefined> {
		return new RegExp(`^declare -x ${name}="([^"]*)"$`, 'm').exec(await readFile(this.stateFile, 'utf8'))?.[1]
	}

	async end(): Promise<void> {
		for (const program of this.programs) await program.endGroup(blockTimeoutMs)
		for (const standIn of this.standIns) await standIn.stop()
		await rm(this.folder, { recursive: true, force: true })
	}
}
