// One count of texts, cut into portions that take a thread little time each. It extrapolates what is beyond its limits and
// what was not counted by its deadline. It does not know vocabularies, threads or queues.

/** In characters. A portion takes a few milliseconds, so other jobs wait that long for the thread. */
const portionCharacters = 16_384
/** In characters. What is beyond is extrapolated: of each text, and of all texts of a job. */
const [exactPerText, exactPerJob] = [262_144, 1_048_576]
/** Bytes of UTF-8 for each token, on average. */
const bytesPerToken = 4

/** Texts to count together. */
export type Portion = readonly string[]

export class CountJob {
	private readonly portions: Portion[] = []
	private readonly characters: number
	private readonly texts: readonly string[]
	private next = 0
	private countedTokens = 0
	private countedCharacters = 0

	/** @param texts not empty. */
	constructor(texts: readonly string[]) {
		this.texts = texts
		this.characters = texts.reduce((sum, { length }) => sum + length, 0)
		this.cut()
	}

	/** The next portion to count; undefined if nothing is left. */
	take(): Portion | undefined {
		return this.portions[this.next++]
	}

	add(portion: Portion, tokens: number): void {
		this.countedTokens += tokens
		for (const { length } of portion) this.countedCharacters += length
	}

	get done(): boolean {
		return this.next >= this.portions.length
	}

	/** The tokens of all texts: what was counted, extrapolated to the rest; an estimate if nothing was counted. */
	get tokens(): number {
		if (this.countedCharacters === 0)
			return Math.ceil(this.texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / bytesPerToken)
		return Math.round(this.countedTokens * (this.characters / this.countedCharacters))
	}

	private cut(): void {
		let left = exactPerJob
		let portion: string[] = []
		let room = portionCharacters
		for (const text of this.texts) {
			const end = Math.min(text.length, exactPerText, left)
			left -= end
			for (let at = 0; at < end; ) {
				const piece = text.slice(at, Math.min(end, at + room))
				portion.push(piece)
				at += piece.length
				room -= piece.length
				if (room > 0) continue
				this.portions.push(portion)
				portion = []
				room = portionCharacters
			}
			if (left === 0) break
		}
		if (portion.length > 0) this.portions.push(portion)
	}
}
