// The script of the frame that draws Mermaid diagrams. The frame is sandboxed: it has an opaque origin and no network, so that
// even a diagram that ran a script could reach nothing.

interface Mermaid {
	initialize(options: object): void
	render(id: string, code: string): Promise<{ readonly svg: string }>
}

declare const mermaid: Mermaid

interface DrawRequest {
	readonly id: number
	readonly code: string
	readonly dark: boolean
}

/** Options that the directives of a diagram may not change: those for safety, and those that become style sheets as they are. */
const protectedOptions = [
	'secure',
	'securityLevel',
	'startOnLoad',
	'maxTextSize',
	'suppressErrorRendering',
	'maxEdges',
	'htmlLabels',
	'themeCSS',
	'fontFamily',
	'altFontFamily',
	'dompurifyConfig',
]

window.addEventListener('message', ({ source, data }: MessageEvent<DrawRequest>) => {
	if (source !== window.parent) return
	void draw(data).then(
		(drawing) => window.parent.postMessage({ id: data.id, ...drawing }, '*'),
		() => window.parent.postMessage({ id: data.id }, '*'),
	)
})

async function draw({ id, code, dark }: DrawRequest): Promise<object> {
	mermaid.initialize({
		startOnLoad: false,
		securityLevel: 'strict',
		suppressErrorRendering: true,
		look: 'classic',
		theme: dark ? 'dark' : 'neutral',
		fontFamily: 'system-ui, sans-serif',
		htmlLabels: false,
		flowchart: { htmlLabels: false },
		secure: protectedOptions,
	})
	const { svg } = await mermaid.render(`diagram-${id}`, code)
	const holder = document.createElement('div')
	holder.innerHTML = svg
	const element = holder.querySelector('svg')
	if (element === null) throw new Error('The diagram has no drawing.')
	const { width, height } = element.viewBox.baseVal
	element.setAttribute('width', String(width))
	element.setAttribute('height', String(height))
	element.style.maxWidth = ''
	return { svg: new XMLSerializer().serializeToString(element), width, height }
}
