// A program that a block of a page starts, with everything that it starts itself: one process group, whose output is a
// file, so that a program in the background does not hold up the block.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { eventually } from '../faults/gateway.ts'

export interface ProgramOptions {
	readonly argv: readonly string[]
	readonly cwd: string
	readonly env: Readonly<Record<string, string>>
	/** Receives standard output and standard error, as a terminal does. */
	readonly output: string
	/** The open file `output`. */
	readonly outputFd: number
	/** Only what is printed after this line counts. */
	readonly marker: string | undefined
}

export class Program {
	private readonly child: ChildProcess
	private readonly exited: Promise<number>

	private readonly options: ProgramOptions

	constructor(options: ProgramOptions) {
		this.options = options
		const [program = '', ...args] = options.argv
		this.child = spawn(program, args, {
			cwd: options.cwd,
			env: options.env,
			stdio: ['ignore', options.outputFd, options.outputFd],
			detached: true,
		})
		closeSync(options.outputFd)
		this.exited = new Promise((resolve, reject) => {
			this.child.on('error', reject)
			this.child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)))
		})
	}

	async printed(): Promise<string> {
		const text = await readFile(this.options.output, 'utf8')
		const { marker } = this.options
		return marker === undefined ? text : text.slice(text.indexOf(marker) + marker.length + 1)
	}

	/** Whether it has printed `text`. @throws if it has exited. */
	async isReady(text: string): Promise<boolean> {
		const printed = await this.printed()
		if (printed.includes(text)) return true
		if (this.child.exitCode !== null) throw new Error(`exited with status ${this.child.exitCode}:\n${printed}`)
		return false
	}

	/** Waits for its end. @returns its exit status. @throws if it takes too long; then the group is killed. */
	async end(timeoutMs: number): Promise<number> {
		const timeout = setTimeout(() => this.signal('SIGKILL'), timeoutMs)
		const status = await this.exited
		clearTimeout(timeout)
		if (this.child.signalCode === 'SIGKILL')
			throw new Error(`did not end within ${timeoutMs} ms:\n${await this.printed()}`)
		return status
	}

	/** Ends the group as Ctrl-C does. @returns the exit status. */
	async stop(timeoutMs: number): Promise<number> {
		this.signal('SIGINT')
		const status = await this.end(timeoutMs)
		await eventually('end of the process group', () => !this.signal(0), timeoutMs)
		return status
	}

	/** Ends what is left of the group. */
	async endGroup(timeoutMs: number): Promise<void> {
		const isOver = () => !this.signal(0)
		if (isOver()) return
		this.signal('SIGTERM')
		await eventually('end of the process group', isOver, timeoutMs).catch(() => this.signal('SIGKILL'))
	}

	/** @returns whether the group exists. */
	private signal(signal: NodeJS.Signals | 0): boolean {
		try {
			process.kill(-(this.child.pid ?? 0), signal)
			return true
		} catch {
			return false
		}
	}
}
