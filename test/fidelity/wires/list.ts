// Every wire that an engine speaks to upstream servers.

import { chat } from './chat.ts'
import { gemini } from './gemini.ts'
import { messages } from './messages.ts'
import type { Wire } from './wire.ts'

export const wires: readonly Wire[] = [chat, messages, gemini]
