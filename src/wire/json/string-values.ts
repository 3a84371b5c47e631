// Reads the texts in a JSON value while the value still arrives, such as the commands in the arguments of a call. It
// does not check the JSON: what is invalid yields fewer texts.

/** A piece of one text. */
export interface StringPiece {
	/** Where the text is in the value: names of members and indexes of elements. */
	readonly path: readonly (string | number)[]
	readonly text: string
	/** The text is complete. */
	readonly isEnd: boolean
}

interface OpenContainer {
	readonly isObject: boolean
	/** Of the member or element that is being read. */
	key: string | number
}

export class StringValueReader {
	private readonly open: OpenContainer[] = []
	private expectsName = false
	/** The part of the string in progress that was not returned yet. */
	private text: string | undefined
	private isName = false
	/** The escape sequence that is being read, without its backslash. */
	private escape: string | undefined

	/** The pieces of texts in `fragment`, the next part of the value. */
	add(fragment: string): readonly StringPiece[] {
		const pieces: StringPiece[] = []
		for (let index = 0; index < fragment.length; index++) {
			const character = fragment.charAt(index)
			if (this.text === undefined) this.readOutside(character)
			else if (this.escape !== undefined) this.readEscape(this.escape + character)
			else if (character === '\\') this.escape = ''
			else if (character === '"') this.endString(this.text, pieces)
			else this.text += character
		}
		if (this.text !== undefined && this.text !== '' && !this.isName) {
			pieces.push({ path: this.path, text: this.text, isEnd: false })
			this.text = ''
		}
		return pieces
	}

	private get path(): StringPiece['path'] {
		return this.open.map(({ key }) => key)
	}

	private readOutside(character: string): void {
		const container = this.open.at(-1)
		switch (character) {
			case '{':
			case '[':
				this.open.push({ isObject: character === '{', key: character === '{' ? '' : 0 })
				this.expectsName = character === '{'
				return
			case '}':
			case ']':
				this.open.pop()
				return
			case ',':
				this.expectsName = container?.isObject === true
				if (typeof container?.key === 'number') container.key++
				return
			case ':':
				this.expectsName = false
				return
			case '"':
				this.text = ''
				this.isName = this.expectsName && container?.isObject === true
		}
	}

	private readEscape(sequence: string): void {
		if (sequence.startsWith('u') && sequence.length < 5) {
			this.escape = sequence
			return
		}
		this.escape = undefined
		this.text += sequence.startsWith('u')
			? String.fromCharCode(Number.parseInt(sequence.slice(1), 16))
			: (escaped[sequence] ?? sequence)
	}

	private endString(text: string, pieces: StringPiece[]): void {
		const container = this.open.at(-1)
		if (!this.isName) pieces.push({ path: this.path, text, isEnd: true })
		else if (container !== undefined) container.key = text
		this.text = undefined
	}
}

const escaped: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
