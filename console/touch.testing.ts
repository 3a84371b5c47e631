// A finger on the screen of a page, for the tests of this folder. The page must have been opened with `hasTouch`.

import type { Page } from 'playwright-core'

export type Point = readonly [x: number, y: number]

export type Finger = Awaited<ReturnType<typeof fingerOn>>

/** A finger on the page. Chromium may deliver its last movement with the next touch. */
export async function fingerOn(page: Page) {
	const session = await page.context().newCDPSession(page)
	return (type: 'touchStart' | 'touchMove' | 'touchEnd', points: readonly Point[]) =>
		session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y]) => ({ x, y })) })
}

const swipeSteps = 8

export async function swipe(send: Finger, [fromX, fromY]: Point, [toX, toY]: Point): Promise<void> {
	await send('touchStart', [[fromX, fromY]])
	for (let step = 1; step <= swipeSteps; step++) {
		const part = step / swipeSteps
		await send('touchMove', [[fromX + (toX - fromX) * part, fromY + (toY - fromY) * part]])
	}
	await send('touchEnd', [])
}
