// Whether the sidebar is open on a narrow window.

import { signal } from '@preact/signals'

export const sidebarOpen = signal(false)
