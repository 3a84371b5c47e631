// What the pipeline needs to answer requests, made from the options of the handler.

import { DialectChoice } from '../dialects/choice.ts'
import { dialects } from '../dialects/list.ts'
import { defaultDialects } from '../dialects/names.ts'
import { defaultBounds } from '../http/request-bounds.ts'
import { defaultKeyRules } from '../keys/key-rules.ts'
import { KeyVerifier } from '../keys/key-verifier.ts'
import { BackgroundCalls } from '../pipeline/background-calls.ts'
import { BackgroundTasks } from '../pipeline/background-tasks.ts'
import type { Serving } from '../pipeline/serving.ts'
import { ThreadPermits } from '../pipeline/thread-permits.ts'
import { WaitingCalls } from '../pipeline/waiting-calls.ts'
import { OutputSpeeds } from '../routing/output-speeds.ts'
import type { Occupancy } from '../system/occupancy.ts'
import { SharedTimeout } from '../system/shared-timeout.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import { TokenCounter } from '../tokens/tokens.ts'
import type { HandlerOptions } from './handler-options.ts'

export function openServing(options: HandlerOptions, occupancy: Occupancy): Serving {
	const { keys: store, configuredKey: configured, keyRules: rules = defaultKeyRules } = options
	const { storage, limiter, urlPolicy, deployment, clock, random, log } = options
	const { keepAliveMs, answerBytes, background } = options.limits
	const throttledLog = new ThrottledLog(log, clock)
	return {
		choice: new DialectChoice(dialects, options.dialects ?? defaultDialects),
		keys: store === undefined ? undefined : new KeyVerifier({ store, configured, rules }),
		limiter,
		urlPolicy,
		storage,
		backgroundTasks: new BackgroundTasks(throttledLog),
		tokens: new TokenCounter(),
		threads: new ThreadPermits(),
		occupancy,
		bounds: options.limits.bounds ?? defaultBounds,
		deployment,
		clock,
		quietTimeout: keepAliveMs === 0 ? undefined : new SharedTimeout(keepAliveMs, clock),
		speeds: new OutputSpeeds(() => clock.monotonicMs()),
		random,
		log,
		throttledLog,
		answerBytes,
		backgroundCalls: background === undefined ? undefined : new BackgroundCalls(background),
		waitingCalls: new WaitingCalls(),
		startedAt: Math.floor(clock.now() / 1000),
	}
}
