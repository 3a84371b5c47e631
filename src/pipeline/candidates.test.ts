import { afterAll, describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import type { ChatCall, ModelCall } from '../dialects/call.ts'
import { plainRequest } from '../engines/engine-context.testing.ts'
