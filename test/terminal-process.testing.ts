// A command of ours on a pseudo-terminal: types into it, and waits for what it prints.

import { join } from 'node:path'
import { root } from './server.ts'

export interface TerminalProcess {
	readonly pid: number
	/** Everything printed so far, without the sequences that move the cursor or set colors, with lines that end in a line feed. */
	readonly printed: string
	/** With them. */
	readonly raw: string
	type(text: string): void
	/** Waits until `text` is printed after everything that earlier calls waited for. Rejects when the process ends first. */
	find(text: string | RegExp): Promise<string>
	readonly exited: Promise<number>
	kill(): void
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin the sequences.
const sequences = /\u001b\[[\d;?]*[A-Za-z]/g

/** Longest wait for a text, in milliseconds. */
const waitMs = 20_000

export function onTerminal(
	args: readonly string[],
	environment: Readonly<Record<string, string>> = {},
	cwd?: string,
): TerminalProcess {
	let [raw, seen] = ['', 0]
	const readable = () => raw.replace(sequences, '').replaceAll('\r', '')
	let watch: () => void = () => undefined
	const decoder = new TextDecoder()
	const child = Bun.spawn([process.execPath, join(root, 'src', 'main.ts'), ...args], {
		cwd,
		env: { ...process.env, TERM: 'xterm', ...environment },
		terminal: {
			cols: 200,
			data(_, bytes) {
				raw += decoder.decode(bytes, { stream: true })
				watch()
			},
		},
	})
	return {
		pid: child.pid,
		exited: child.exited,
		get printed() {
			return readable()
		},
		get raw() {
			return raw
		},
		type: (text) => void child.terminal?.write(text),
		kill: () => child.kill('SIGKILL'),
		find(text) {
			return new Promise((resolve, reject) => {
				watch = () => {
					const rest = readable().slice(seen)
					const found = typeof text === 'string' ? rest.indexOf(text) : rest.search(text)
					if (found === -1) return
					const length = typeof text === 'string' ? text.length : (text.exec(rest)?.[0].length ?? 0)
					seen += found + length
					watch = () => undefined
					resolve(rest.slice(found, found + length))
				}
				watch()
				const timer = setTimeout(() => reject(new Error(`${text} was not printed: ${readable()}`)), waitMs)
				timer.unref()
				void child.exited.then(() => reject(new Error(`the process ended before it printed ${text}: ${readable()}`)))
			})
		},
	}
}
