// Draws Mermaid diagrams in a frame of its own origin, which has neither the session nor the network: it receives the code by
// message and returns a drawing as text. Loaded with the first diagram.

import { root } from '../state/route.ts'

export interface Drawing {
	/** Of a blob. The component that shows the drawing revokes it. */
	readonly url: string
	/** In pixels. */
	readonly width: number
	readonly height: number
}

interface FrameAnswer {
	readonly id: number
	readonly svg?: string
	readonly width?: number
	readonly height?: number
}

/** A diagram that takes longer is not drawn, and its frame is closed. */
const longestMs = 15_000
const longestCode = 50_000
const longestDrawing = 5_000_000

let frame: Promise<HTMLIFrameElement> | undefined
let requests = 0
/** One diagram at a time. */
let queue: Promise<unknown> = Promise.resolve()

/** @throws Error if the code is not valid, or too long. */
export function drawDiagram(code: string, dark: boolean): Promise<Drawing> {
	const drawn = queue.then(() => draw(code, dark))
	queue = drawn.catch(() => undefined)
	return drawn
}

async function draw(code: string, dark: boolean): Promise<Drawing> {
	if (code.length > longestCode) throw new Error('The diagram is too long.')
	const { svg, width = 0, height = 0 } = await request(code, dark)
	if (typeof svg !== 'string' || svg.length > longestDrawing) throw new Error('The diagram is not valid.')
	return {
		url: URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })),
		width: Number(width),
		height: Number(height),
	}
}

async function request(code: string, dark: boolean): Promise<FrameAnswer> {
	frame ??= openFrame()
	const target = (await frame).contentWindow
	const id = ++requests
	return new Promise((resolve, reject) => {
		const end = () => {
			clearTimeout(timer)
			window.removeEventListener('message', receive)
		}
		const receive = ({ source, data }: MessageEvent<FrameAnswer>) => {
			if (source !== target || data?.id !== id) return
			end()
			resolve(data)
		}
		const timer = setTimeout(() => {
			end()
			closeFrame()
			reject(new Error('The diagram was not drawn in time.'))
		}, longestMs)
		window.addEventListener('message', receive)
		// The frame's origin is opaque: no other target can be named.
		target?.postMessage({ id, code, dark }, '*')
	})
}

/** @throws Error if the frame does not load. */
function openFrame(): Promise<HTMLIFrameElement> {
	const element = document.createElement('iframe')
	element.setAttribute('sandbox', 'allow-scripts')
	element.className = 'diagram-frame'
	element.tabIndex = -1
	element.setAttribute('aria-hidden', 'true')
	element.src = new URL('page/diagram', root).href
	document.body.append(element)
	return new Promise((resolve) => {
		element.onload = () => resolve(element)
	})
}

function closeFrame(): void {
	void frame?.then((element) => element.remove())
	frame = undefined
}
