// A text that must not be seen: it prints as `[secret]`, in logs, in JSON and in inspections. Whoever needs it says so with `reveal`.

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
