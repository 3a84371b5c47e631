// Keeps the end of a scrolling element in view while the user is at the end, and leaves the position alone after they scroll up.

/** Within how many pixels of the end scrolling down means the end. */
const nearPx = 64

export class Follower {
	#scroller
	#following = true
	#lastTop = 0

	/** @param content the element inside `scroller` whose height changes. */
	constructor(scroller, content) {
		this.#scroller = scroller
		scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true })
		// It reports after layout and before the frame is shown: following costs no layout of its own and never shows a step.
		const observer = new ResizeObserver(() => this.#following && this.toEnd())
		observer.observe(scroller)
		observer.observe(content)
	}

	/** Goes to the end and follows it from now on. */
	toEnd() {
		this.#following = true
		this.#scroller.scrollTop = this.#scroller.scrollHeight
		this.#lastTop = this.#scroller.scrollTop
	}

	/** Leaves the position alone until the user is at the end again. */
	stay() {
		this.#following = false
	}

	#scrolled() {
		const { scrollTop, scrollHeight, clientHeight } = this.#scroller
		const distance = scrollHeight - scrollTop - clientHeight
		if (distance < 2 || (scrollTop > this.#lastTop && distance <= nearPx)) this.#following = true
		else if (scrollTop < this.#lastTop) this.#following = false
		this.#lastTop = scrollTop
	}
}
