// What the texts of a page mean in one run: free ports instead of those of the page, stand-ins instead of its servers, folders of
// the test instead of those of a machine. It does not know where the texts are used.

import { freePort } from '../proxy/free-port.ts'

const localAddress = /\b(127\.0\.0\.1|localhost|0\.0\.0\.0):(\d{2,5})\b/g

export class PageText {
	/** Texts of the page and what they mean here, the longest first. */
	private replacements: (readonly [text: string, value: string])[] = []
	private readonly ports = new Map<string, number>()

	/** Replaces `text` in what is translated from now on. */
	replace(text: string, value: string): void {
		this.replacements = [...this.replacements, [text, value] as const].sort(([a], [b]) => b.length - a.length)
	}

	/** `text` of the page with the addresses of this run. */
	async translate(text: string): Promise<string> {
		const replaced = this.replacements.reduce((all, [text, value]) => all.replaceAll(text, value), text)
		// Those of replacements are real already.
		const known = new Set(
			this.replacements.flatMap(([, value]) => [...value.matchAll(/:(\d+)/g)].map(([, port]) => port)),
		)
		for (const [, , port = ''] of replaced.matchAll(localAddress)) if (!known.has(port)) await this.portFor(port)
		return replaced.replace(localAddress, (all, host: string, port: string) =>
			known.has(port) ? all : `${host}:${this.ports.get(port)}`,
		)
	}

	/** The free port that a port of the page means. */
	async portFor(port: string): Promise<number> {
		const known = this.ports.get(port)
		if (known !== undefined) return known
		const free = await freePort()
		this.ports.set(port, free)
		return free
	}

	/** What was printed, with the addresses of the page. */
	original(printed: string): string {
		const withPorts = [...this.ports].reduce((text, [port, free]) => text.replaceAll(`:${free}`, `:${port}`), printed)
		return this.replacements.reduce((text, [original, value]) => text.replaceAll(value, original), withPorts)
	}
}
