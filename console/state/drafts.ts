// What a person has written and not sent yet, for each conversation on this device.

import { thisDevice } from './storage.ts'

const nameOf = (conversation: string | undefined) => `draft.${conversation ?? 'new'}`

export const readDraft = (conversation: string | undefined): string => thisDevice.read(nameOf(conversation)) ?? ''

export function writeDraft(conversation: string | undefined, text: string): void {
	thisDevice.write(nameOf(conversation), text === '' ? undefined : text)
}
