// The terminal of `dragoman chat`: reads messages of one or several lines, and reports Ctrl-C. It does not know what the
// messages mean.

import { createInterface, type Interface } from 'node:readline'

export interface ChatTerminal {
	/** The next input, undefined at the end. */
	read(prompt: string): Promise<ChatInput | undefined>
	/** Runs `work` with a signal that Ctrl-C aborts. */
	interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>
	write(text: string): void
	close(): void
}

/** A line, or the text of several: those between `"""`, those that end in a backslash, and those pasted together. */
export interface ChatInput {
	readonly type: 'line' | 'text'
	readonly text: string
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
	private readonly messages: ChatInput[] = []
	/** Lines of an unfinished message. */
	private pending: string[] = []
	private isBlock = false
	/** Lines that arrived together. */
	private burst: string[] = []
	private prompt = ''
	private waiting: ((message: ChatInput | undefined) => void) | undefined
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
			// After lines that arrived together with the end.
			setImmediate(() => this.deliver(undefined))
		})
	}

	read(prompt: string): Promise<ChatInput | undefined> {
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
		const add = (input: ChatInput) => {
			if (input.text.trim() !== '') this.messages.push(input)
		}
		const flush = () => {
			add({ type: together.length > 1 ? 'text' : 'line', text: together.join('\n') })
			together = []
		}
		for (const line of lines) {
			const input = this.complete(line)
			if (input === undefined) continue
			if (input.type === 'line' && !input.text.startsWith('/')) together.push(input.text)
			else {
				flush()
				add(input)
			}
		}
		flush()
		this.deliver(this.messages.length > 0 ? this.messages.shift() : undefined)
	}

	/** The message that ends with this line, if one does. */
	private complete(line: string): ChatInput | undefined {
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
			if (rest.trimEnd().endsWith(block)) return { type: 'text', text: rest.trimEnd().slice(0, -block.length) }
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

	private finish(last: readonly string[]): ChatInput {
		const text = [...this.pending, ...last].join('\n')
		this.pending = []
		this.isBlock = false
		return { type: 'text', text }
	}

	/** Without a message, a reader continues to wait unless input has ended. */
	private deliver(message: ChatInput | undefined): void {
		const { waiting } = this
		if (waiting === undefined) {
			if (message !== undefined) this.messages.unshift(message)
			return
		}
		if (message === undefined && !this.closed) {
			this.showPrompt()
			return
		}
		this.waiting = undefined
		waiting(message)
	}

	private interrupt(): void {
		if (this.running !== undefined) this.running.abort(new Interrupted())
		else if (this.lines.line !== '' || this.pending.length > 0 || this.isBlock) this.discard()
		else if (this.leaving) this.close()
		else {
			this.leaving = true
			this.write('\nPress Ctrl-C again to leave.\n')
			this.showPrompt()
		}
	}

	/** Removes the unfinished message. */
	private discard(): void {
		this.pending = []
		this.isBlock = false
		this.lines.write(null, { ctrl: true, name: 'e' })
		this.lines.write(null, { ctrl: true, name: 'u' })
		this.write('\n')
		this.showPrompt()
	}
}
