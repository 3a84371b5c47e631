// When the page may load what its first view does not need. It does not know what that is.

/** Between the end of the first load and the moment when the message box can be used on a slow phone, in milliseconds. */
const settleMs = 300

let settled: Promise<void> | undefined

/** Resolves when the first view has been on screen for a moment. */
export function firstViewShown(): Promise<void> {
	settled ??= new Promise((resolve) => {
		const settle = () => setTimeout(resolve, settleMs)
		if (document.readyState === 'complete') settle()
		else window.addEventListener('load', settle, { once: true })
	})
	return settled
}
