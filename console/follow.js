// Scrolls to the end of an element when its content grows, as long as the user is at the end. After they scroll up, it does not scroll.

/** Distance from the end in pixels within which scrolling down counts as reaching it. */
const nearPx = 64

export class Follower {
	#scroller
	#following = true
	#lastTop = 0

	/** @param content the element inside `scroller` whose height changes. */
	constructor(scroller, content) {
		this.#scroller = scroller
		scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true })
		// The observer runs after layout and before paint, so following needs no further layout and is never visible as a jump.
		const observer = new ResizeObserver(() => this.#following && this.toEnd())
		observer.observe(scroller)
		observer.observe(content)
	}

	/** Scrolls to the end and follows it from now on. */
	toEnd() {
		this.#following = true
		this.#scroller.scrollTop = this.#scroller.scrollHeight
		this.#lastTop = this.#scroller.scrollTop
	}

	/** Does not scroll until the user is at the end again. */
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
