// Texts that a person is editing in place and has not saved: they survive a visit to another screen, and a reload of this tab.

import { thisTab } from './storage.ts'

/** The editor of one turn. */
export class OpenEdit {
	private readonly name: string | undefined

	/** @param conversation undefined as long as the server has not named it: the edit then ends with its screen. */
	constructor(conversation: string | undefined, edited: 'question' | 'answer', turn: string) {
		this.name = conversation === undefined ? undefined : `edit.${conversation}.${edited}.${turn}`
	}

	/** Undefined if no editor is open. */
	read(): string | undefined {
		return this.name === undefined ? undefined : thisTab.read(this.name)
	}

	/** @param text undefined when the editor closes. */
	write(text: string | undefined): void {
		if (this.name !== undefined) thisTab.write(this.name, text)
	}
}
