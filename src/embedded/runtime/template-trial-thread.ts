// The thread of a template's trial: renders the probes once. It ends with its trial.

import { ChatTemplate } from './template.ts'

export interface TemplateProbe {
	readonly source: string
	readonly constants: Readonly<Record<string, unknown>>
	readonly endTexts: readonly string[]
}

/** Without a failure if the template can be used. */
export interface TrialResult {
	readonly failure?: string
}

declare const self: Worker

self.onmessage = ({ data }: MessageEvent<TemplateProbe>) => {
	self.postMessage(run(data))
}

function run({ source, constants, endTexts }: TemplateProbe): TrialResult {
	try {
		new ChatTemplate(source, constants, endTexts)
		return {}
	} catch (thrown) {
		return { failure: thrown instanceof Error ? thrown.message : String(thrown) }
	}
}
