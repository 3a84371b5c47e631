// A text that must not be shown: it prints as `[secret]` in logs, JSON and inspections. `reveal` returns it.

import { inspect } from 'node:util'

export class Secret {
	readonly #text: string

	constructor(text: string) {
		this.#text = text
	}

	reveal(): string {
		return this.#text
	}

	toString(): string {
		return '[secret]'
	}

	toJSON(): string {
		return '[secret]'
	}

	[inspect.custom](): string {
		return '[secret]'
	}
}
