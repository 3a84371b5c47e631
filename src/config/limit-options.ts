// Bounds and timeouts of connections, requests and answers, as the configuration writes them.

import { z } from 'zod'
import { bytes, count } from '../fields/amount.ts'
import { milliseconds } from '../fields/duration.ts'
import { requestBoundFields } from '../fields/request-bounds.ts'

export const limitOptions = z
	.strictObject({
		bodyBytes: bytes(1024, 1_073_741_824).default(33_554_432).describe('Maximum size of a request body, in bytes.'),
		answerBytes: bytes(65_536)
			.default(33_554_432)
			.describe(
				'Maximum size of an answer that is stored, or that is in memory until its end: text, arguments and log-probabilities, in bytes.',
			),
		background: z
			.strictObject({
				calls: z.int().min(1).default(64).describe('Maximum background responses that run, per gateway process.'),
				callsPerOwner: z.int().min(1).default(16).describe('Maximum background responses of one owner that run.'),
				queue: z
					.int()
					.min(0)
					.max(100_000)
					.default(1000)
					.describe('Background responses that may be queued; further ones are rejected with 503.'),
				queueTimeoutMs: milliseconds(1).default(3_600_000).describe('Maximum wait in the queue, in milliseconds.'),
			})
			.prefault({})
			.describe('Background responses, which owners share fairly.'),
		bodyTimeoutMs: milliseconds(100)
			.default(30_000)
			.describe('Timeout between two reads of a request body, in milliseconds.'),
		bodyTotalTimeoutMs: milliseconds(100)
			.default(600_000)
			.describe('Timeout for receiving a whole request body, in milliseconds.'),
		bodyMemoryBytes: bytes(65_536)
			.default(268_435_456)
			.describe(
				'Maximum size of all request bodies that are being received, in bytes; beyond it, a body of the key with the largest share is refused.',
			),
		connections: count('connections', 1)
			.optional()
			.describe('Maximum number of open connections. Default: half of the files that the process may open.'),
		connectionsPerAddress: count('connections', 1)
			.optional()
			.describe(
				'Maximum number of open connections of a client address; for clients of a trusted proxy, of requests in flight. Default: half of `connections`; on loopback, all.',
			),
		requestsPerKey: count('requests', 1)
			.optional()
			.describe('Maximum number of requests in flight of a key. Default: three quarters of `connections`.'),
		connectionIdleMs: milliseconds(100)
			.default(60_000)
			.describe('Time after which a connection without a request is closed, in milliseconds.'),
		headTimeoutMs: milliseconds(100)
			.default(20_000)
			.describe('Timeout for receiving the head of a request, in milliseconds.'),
		sockets: count('sockets', 1)
			.optional()
			.describe('Maximum number of open WebSockets. Default: half of `connections`.'),
		socketsPerKey: count('sockets', 1)
			.optional()
			.describe('Maximum number of open WebSockets of a key. Default: half of `sockets`.'),
		socketMessageBytes: bytes(1024).default(67_108_864).describe('Maximum size of a message on a WebSocket, in bytes.'),
		socketMemoryBytes: bytes(65_536)
			.default(134_217_728)
			.describe("Maximum size of the messages that a key's WebSockets are sending or waiting for, in bytes."),
		socketIdleMs: milliseconds(1000)
			.default(120_000)
			.describe('Time after which a WebSocket whose client does not answer a ping is closed, in milliseconds.'),
		jsonDepth: z.int().min(8).max(1000).default(128).describe('Maximum nesting depth of a JSON body.'),
		...requestBoundFields,
		keepAliveMs: milliseconds(0)
			.default(15_000)
			.describe('Idle time after which a comment is sent on a stream, in milliseconds; 0 sends none.'),
		drainMs: milliseconds(0, 3_600_000)
			.default(0)
			.describe(
				'How long requests are still accepted after the stop signal, while `GET /ready` returns 503, in milliseconds.',
			),
		shutdownMs: milliseconds(0, 3_600_000)
			.default(10_000)
			.describe('How long requests in flight may continue after the stop signal and after `drainMs`, in milliseconds.'),
	})
	.prefault({})
	.describe('Limits on requests and timeouts.')
