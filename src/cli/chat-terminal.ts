// The terminal of `dragoman chat`: reads messages of one or several lines, and reports Ctrl-C. It does not know what the
// messages mean.

import { createInterface, type Interface } from 'node:readline'

export interface ChatTerminal {
	/**
	 * The next message, which may have several lines: those between two lines of `"""`, those that end in a backslash, and
	 * those that are pasted together. Undefined at the end of input.
	 */
	read(prompt: string): Promise<string | undefined>
	/** Runs `work` with a signal that Ctrl-C aborts. */
	interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>
	write(text: string): void
	close(): void
}

/** The reason of a signal that Ctrl-C aborted. */
export class Interrupted extends Error {
	override readonly name = 'Interrupted'
}

const block = '"""'

export function openChatTerminal(commands: readonly string[]): ChatTerminal {
	return new ReadlineTerminal(commands)
}

class ReadlineTerminal implements ChatTerminal {
	private readonly lines: Interface
	private readonly messages: string[] = []
	/** Lines of an unfinished message. */
	private pending: string[] = []
	private isBlock = false
	/** Lines that arrived together. */
	private burst: string[] = []
	private prompt = ''
	private waiting: ((message: string | undefined) => void) | undefined
	private running: AbortController | undefined
	private closed = false
	/** Ctrl-C was pressed at an empty prompt. */
	private leaving = false

	constructor(commands: readonly string[]) {
		this.lines = createInterface({
			input: process.stdin,
			output: process.stdout,
			terminal: true,
			completer: (line: string) => [line.startsWith('/') ? commands.filter((one) => one.startsWith(line)) : [], line],
		})
		this.lines.on('line', (line) => {
			this.leaving = false
			if (this.burst.push(line) === 1) setImmediate(() => this.endBurst())
		})
		this.lines.on('SIGINT', () => this.interrupt())
		this.lines.on('close', () => {
			this.closed = true
			this.running?.abort(new Interrupted())
			this.deliver(undefined)
		})
	}

	read(prompt: string): Promise<string | undefined> {
		const next = this.messages.shift()
		if (next !== undefined) return Promise.resolve(next)
		if (this.closed) return Promise.resolve(undefined)
		this.prompt = prompt
		this.showPrompt()
		return new Promise((resolve) => {
			this.waiting = resolve
		})
	}

	async interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
		const controller = new AbortController()
		this.running = controller
		try {
			return await work(controller.signal)
		} finally {
			this.running = undefined
		}
	}

	write(text: string): void {
		process.stdout.write(text)
	}

	close(): void {
		this.lines.close()
	}

	private showPrompt(): void {
		this.lines.setPrompt(this.pending.length > 0 || this.isBlock ? '... ' : this.prompt)
		this.lines.prompt()
	}

	/** Ordinary lines that were pasted together are one message. */
	private endBurst(): void {
		const lines = this.burst
		this.burst = []
		let together: string[] = []
		const flush = () => {
			if (together.some((line) => line.trim() !== '')) this.messages.push(together.join('\n'))
			together = []
		}
		for (const line of lines) {
			const message = this.complete(line)
			if (message === undefined) continue
			if (message.type === 'line' && !message.text.startsWith('/')) together.push(message.text)
			else {
				flush()
				if (message.text.trim() !== '') this.messages.push(message.text)
			}
		}
		flush()
		this.deliver(this.messages.length > 0 ? this.messages.shift() : undefined)
	}

	/** The message that ends with this line, if one does. */
	private complete(line: string): { readonly type: 'line' | 'block'; readonly text: string } | undefined {
		if (this.isBlock) {
			if (!line.trimEnd().endsWith(block)) {
				this.pending.push(line)
				return undefined
			}
			const last = line.trimEnd().slice(0, -block.length)
			return this.finish(last === '' ? [] : [last])
		}
		if (this.pending.length === 0 && line.startsWith(block)) {
			const rest = line.slice(block.length)
			if (rest.trimEnd().endsWith(block)) return { type: 'block', text: rest.trimEnd().slice(0, -block.length) }
			this.isBlock = true
			if (rest !== '') this.pending.push(rest)
			return undefined
		}
		if (line.endsWith('\\')) {
			this.pending.push(line.slice(0, -1))
			return undefined
		}
		return this.pending.length > 0 ? this.finish([line]) : { type: 'line', text: line }
	}

	private finish(last: readonly string[]): { readonly type: 'block'; readonly text: string } {
		const text = [...this.pending, ...last].join('\n')
		this.pending = []
		this.isBlock = false
		return { type: 'block', text }
	}

	/** Without a message, a reader continues to wait unless input has ended. */
	private deliver(message: string | undefined): void {
		const { waiting } = this
		if (waiting === undefined) {
			if (message !== undefined) this.messages.unshift(message)
			return
		}
		if (message === undefined && !this.closed) return this.showPrompt()
		this.waiting = undefined
		waiting(message)
	}

	private interrupt(): void {
		if (this.running !== undefined) return this.running.abort(new Interrupted())
		if (this.lines.line !== '' || this.pending.length > 0 || this.isBlock) {
			this.pending = []
			this.isBlock = false
			this.lines.write(null, { ctrl: true, name: 'e' })
			this.lines.write(null, { ctrl: true, name: 'u' })
			this.write('\n')
			return this.showPrompt()
		}
		if (this.leaving) return this.close()
		this.leaving = true
		this.write('\nPress Ctrl-C again to leave.\n')
		this.showPrompt()
	}
}
