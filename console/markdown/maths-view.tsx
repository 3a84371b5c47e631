// A formula. Its source is shown until the library that draws formulas has arrived, while the formula still grows, and if it
// cannot be drawn.

import { useLayoutEffect, useRef } from 'preact/hooks'
import type { MathsToken } from './maths.ts'

type Renderer = typeof import('./maths-renderer.ts')

let renderer: Renderer | undefined
let loading: Promise<Renderer> | undefined

/** Longer formulas are shown as their source: they would occupy the page for too long. */
const longest = 5000

export function MathsView({ tex, display, unfinished }: Pick<MathsToken, 'tex' | 'display' | 'unfinished'>) {
	const element = useRef<HTMLSpanElement>(null)
	useLayoutEffect(() => {
		const target = element.current
		if (target === null) return undefined
		let current = true
		target.className = 'maths-source'
		target.textContent = tex
		if (unfinished || tex.length > longest) return undefined
		const draw = (loaded: Renderer) => {
			if (current) target.className = loaded.renderMaths(target, tex, display) ? '' : 'maths-source'
		}
		if (renderer !== undefined) draw(renderer)
		else void load().then(draw, () => undefined)
		return () => {
			current = false
		}
	}, [tex, display, unfinished])
	return (
		<span class={display ? 'maths display' : 'maths'} data-tex={tex}>
			<span ref={element} />
		</span>
	)
}

function load(): Promise<Renderer> {
	loading ??= import('./maths-renderer.ts').then(async (loaded) => {
		await loaded.loadMathsStyles()
		renderer = loaded
		return loaded
	})
	loading.catch(() => {
		loading = undefined
	})
	return loading
}
