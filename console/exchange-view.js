// Renders one question with its answer. Text from the server is written to text nodes only, at most once per frame.

import { endingOf } from './conversation.js'

/** Minimum time between two renderings, in milliseconds. Text does not need a full frame rate. */
const shortestPauseMs = 50
/** Maximum share of time spent on rendering an answer in progress, however long it is. */
const drawingShare = 0.05
/** After this many characters, the next paragraph begins a new block, so that earlier blocks are not laid out again. */
const blockLength = 2000

export class ExchangeView {
	/** The element to insert into the document. */
	element = make('article', 'exchange')
	#exchange
	#retry
	#timer
	#frame
	/** Earliest time of the next rendering, in milliseconds of `performance.now()`. */
	#notBefore = 0
	#parts

	/** @param retry called when the user requests a retry of the question. */
	constructor(exchange, retry) {
		this.#exchange = exchange
		this.#retry = retry
		const question = make('div', 'turn user')
		question.append(make('p', 'speaker', 'You'), make('div', 'text', exchange.question))
		this.element.append(question)
		this.restart()
	}

	/** Renders the exchange's current answer, which may be a new one, from its beginning. */
	restart() {
		this.#parts?.turn.remove()
		const turn = make('div', 'turn assistant')
		turn.append(make('p', 'speaker', this.#exchange.answer.model))
		this.#parts = { turn }
		this.element.append(turn)
		this.#draw()
	}

	/** Reports that the answer has changed. */
	changed() {
		if (this.#exchange.answer.end !== undefined) this.#draw()
		else this.#timer ??= setTimeout(() => this.#drawInFrame(), this.#notBefore - performance.now())
	}

	#drawInFrame() {
		this.#frame = requestAnimationFrame(() => {
			const began = performance.now()
			this.#draw()
			// Reading a height forces the layout, which this frame needs in any case.
			this.element.getBoundingClientRect()
			const ended = performance.now()
			this.#notBefore = ended + Math.max(shortestPauseMs, (ended - began) / drawingShare)
		})
	}

	#draw() {
		clearTimeout(this.#timer)
		cancelAnimationFrame(this.#frame)
		this.#timer = undefined
		const { answer } = this.#exchange
		const parts = this.#parts
		const ended = answer.end !== undefined
		const waiting = !ended && answer.text === '' && answer.thinking === '' && answer.refusal === ''
		parts.turn.setAttribute('aria-busy', String(!ended))
		if (waiting) parts.waiting ??= add(parts.turn, this.#waitingSign(answer))
		else parts.waiting?.remove()
		if (answer.thinking !== '') {
			parts.thinking ??= add(parts.turn, new Thinking())
			parts.thinking.draw(answer)
		}
		if (answer.text !== '') {
			parts.text ??= add(parts.turn, new GrowingText('text'))
			parts.text.draw(answer.text)
		}
		if (answer.refusal !== '') {
			parts.refusalNotice ??= add(parts.turn, make('p', 'notice', 'The model declined to answer.'))
			parts.refusal ??= add(parts.turn, new GrowingText('text refusal'))
			parts.refusal.draw(answer.refusal)
		}
		if (ended) this.#drawEnding()
	}

	#waitingSign({ model }) {
		const sign = make('p', 'waiting', `Waiting for ${model}.`)
		sign.setAttribute('role', 'status')
		return sign
	}

	#drawEnding() {
		const { sentences, failed, retry } = endingOf(this.#exchange)
		if (sentences.length > 0) add(this.#parts.turn, make('p', failed ? 'notice wrong' : 'notice', sentences.join(' ')))
		if (!retry) return
		const button = make('button', 'retry', 'Retry')
		button.type = 'button'
		button.addEventListener('click', () => this.#retry(this.#exchange, this))
		add(this.#parts.turn, button)
	}
}

/** Text that only grows. New text is appended in blocks, so that the cost of a frame does not grow with the answer. */
class GrowingText {
	#drawn = 0
	#block = make('div', '')
	#blockFrom = 0

	constructor(className) {
		this.element = make('div', className)
		this.element.append(this.#block)
	}

	draw(text) {
		while (this.#drawn < text.length) {
			const newline = text.indexOf('\n', Math.max(this.#drawn, this.#blockFrom + blockLength))
			const end = newline === -1 ? text.length : newline + 1
			this.#block.append(text.slice(this.#drawn, end))
			this.#drawn = end
			if (newline !== -1) this.#beginBlock()
		}
	}

	#beginBlock() {
		this.#block = make('div', '')
		this.#blockFrom = this.#drawn
		this.element.append(this.#block)
	}
}

class Thinking {
	element = make('details', 'thinking')
	#summary = make('summary', '', 'Thinking…')
	#text = new GrowingText('text')

	constructor() {
		this.element.append(this.#summary, this.#text.element)
	}

	draw({ thinking, thoughtMs, end }) {
		this.#text.draw(thinking)
		if (thoughtMs !== undefined)
			this.#summary.textContent = `Thought for ${Math.max(1, Math.round(thoughtMs / 1000))} s`
		else if (end !== undefined) this.#summary.textContent = 'Thinking, unfinished'
	}
}

function add(parent, part) {
	parent.append(part.element ?? part)
	return part
}

function make(name, className, text = '') {
	const element = document.createElement(name)
	element.className = className
	element.textContent = text
	return element
}
