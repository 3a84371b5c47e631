// The service as its operator describes it. This device stores the description, so that the next visit has it from the start.

import { computed, signal } from '@preact/signals'
import { type PageDescription, readPageDescription } from '../api/page.ts'
import { thisDevice } from './storage.ts'

const nothing: PageDescription = { name: null, notice: {}, recommended: [] }

/** Undefined until the server, or this device, has said it. */
export const service = signal<PageDescription | undefined>(readStored())

export const serviceName = computed(() => service.value?.name ?? 'Dragoman')

/** Names of models, in the operator's order. */
export const recommended = computed(() => service.value?.recommended ?? nothing.recommended)

/** The title of the document: the service alone, or what is shown and the service. */
export const pageTitle = (shown?: string): string =>
	shown === undefined ? serviceName.value : `${shown} · ${serviceName.value}`

/** Reads the description. Without an answer, the page does with what it has. */
export async function loadService(key: string): Promise<void> {
	try {
		const read = await readPageDescription(key)
		thisDevice.write('service', JSON.stringify(read))
		service.value = read
	} catch {
		service.value ??= nothing
	}
}

/** Reads the description for the sign-in screen. Resolves when there is one, which may be that of the last visit. */
export async function serviceKnown(): Promise<void> {
	const reading = loadService('')
	if (service.value === undefined) await reading
}

function readStored(): PageDescription | undefined {
	try {
		const stored = JSON.parse(thisDevice.read('service') ?? 'null')
		return stored === null ? undefined : { ...nothing, ...stored }
	} catch {
		return undefined
	}
}
