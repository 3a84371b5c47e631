// Collects the errors of a configuration, each with its position.

import { ConfigError } from './config-error.ts'
import { type ConfigProblem, writePath } from './config-problem.ts'
import type { Document } from './document.ts'
import type { ConfigOverride } from './environment.ts'

type Overrides = Readonly<Record<string, ConfigOverride>>

/** Collects problems, and writes each with file, line and field. */
export class ConfigProblems {
	private readonly document: Document
	private readonly overrides: Overrides
	secretFiles: readonly string[] = []
	private readonly found: ConfigProblem[] = []

	constructor(document: Document, overrides: Overrides) {
		this.document = document
		this.overrides = overrides
	}

	add(more: readonly ConfigProblem[]): void {
		this.found.push(...more)
	}

	/** @throws ConfigError */
	throwIfAny(more: readonly ConfigProblem[]): void {
		if (this.found.length + more.length > 0) throw this.error(more)
	}

	/** For a field that could not be filled in, only that problem is reported. */
	error(more: readonly ConfigProblem[]): ConfigError {
		const filled = new Set(this.found.map(({ path }) => writePath(path)))
		const all = [...this.found, ...more.filter(({ path }) => !filled.has(writePath(path)))].toSorted(
			(one, other) => this.document.offset(one.path) - this.document.offset(other.path),
		)
		return new ConfigError([...new Set(all.map((problem) => this.locate(problem)))].join('\n'), {
			secretFiles: this.secretFiles,
		})
	}

	locate({ path, message }: ConfigProblem): string {
		const [top] = path
		const origin = top === undefined ? undefined : this.overrides[String(top)]?.origin
		if (origin !== undefined)
			return /^(is|must|cannot|names) /.test(message) ? `${origin} ${message}` : `${origin}: ${message}`
		const field = writePath(path)
		return `${this.position(path)}: ${field === '' ? '' : `${field}: `}${message}`
	}

	private position(path: readonly PropertyKey[]): string {
		const line = this.document.line(path)
		return `${this.document.name}${line === undefined ? '' : `:${line}`}`
	}
}
