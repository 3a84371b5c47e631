// The name that another screen proposes for a new key; the settings take it when they are shown.

import { signal } from '@preact/signals'

export const proposedKeyName = signal<string | undefined>(undefined)
