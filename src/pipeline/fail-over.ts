// Sends a call to the upstreams of a route, one after the other, until one begins to answer. The only code that
// retries: it decides by what the failure proves was sent, and never retries after the first event. It does not know
// what is sent.

import { asChatError, ChatError } from '../chat/error.ts'
import type { Engine, EngineCall, Operation } from '../engines/engine.ts'
import { pauseMs } from '../routing/backoff.ts'
import { type Model, upstreamNameOf } from '../routing/model.ts'
import type { RouteHint } from '../routing/policy.ts'
import type { Route } from '../routing/route.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'
import type { Permit, Priority, WaitListener } from '../system/fair-permits.ts'
import type { SharePath } from '../system/fair-queue.ts'
import type { RequestObserver } from '../telemetry/observer.ts'
import type { Deployment, Upstream } from './deployment.ts'
import { Lease } from './lease.ts'
import { isRefusal, mayRecover, mayTryAgain, moreInformative } from './retry-rules.ts'
import type { Serving } from './serving.ts'
import { checkUpstreamOperation } from './supported-operations.ts'

/** A request to send to an upstream of `route`. */
export interface FailOverRequest<Result> {
	readonly route: Route
	readonly model: Model
	readonly deployment: Pick<Deployment, 'upstreamAt'>
	/** Whether an upstream of the route may receive the request. */
	readonly mayReceive: (upstream: Upstream) => boolean
	readonly hint: RouteHint
	readonly priority: Priority
	/** Permits are shared fairly by callers. */
	readonly caller: SharePath
	readonly operation: Operation
	/** Common to all attempts. */
	readonly call: Omit<EngineCall, 'model' | 'headers' | 'drop'>
	readonly observer: RequestObserver
	/** Called if the request must wait for a permit. */
	readonly waits: WaitListener
	/** Called before each attempt with the name of its upstream. */
	readonly sending: (upstream: string) => void
	/** Resolves when the upstream began to answer. `maxTokens` replaces the request's, and is smaller. */
	readonly send: (engine: Engine, call: EngineCall, maxTokens?: number) => Promise<Result>
}

export interface FailOverResult<Result> {
	readonly result: Result
	/** The upstream that answers. */
	readonly upstream: Upstream
	/** The caller must end it when the answer ends. */
	readonly lease: Lease
	/** Parts of the request that the upstream's wire format cannot express. */
	readonly dropped: readonly string[]
}

/** @throws ChatError the most informative failure, if no upstream answered. */
export async function failOver<Result>(
	request: FailOverRequest<Result>,
	serving: Serving,
): Promise<FailOverResult<Result>> {
	const { clock } = serving
	const { retry } = request.route
	const untilMs = clock.monotonicMs() + retry.totalMs
	let chosen = candidatesOf(request)
	const tries = new Map<UpstreamEndpoint, number>()
	let failure: Failure | undefined
	for (let attempt = 1; ; ) {
		const usable = failure === undefined ? chosen : usableEndpoints(request, chosen, tries, failure)
		const { endpoint, permit } =
			tryAcquirePermit(usable, request.caller) ?? (await acquirePermit(request, chosen, tries, failure))
		const tried = tries.get(endpoint) ?? 0
		tries.set(endpoint, tried + 1)
		if (tried > 0 && failure !== undefined) await pauseBefore({ tried, failure, permit, untilMs }, request, serving)
		const outcome = await tryOnce(
			request,
			{ endpoint, permit, isSuspect: hasFailedElsewhere(tries, endpoint, failure) },
			serving,
		)
		if (!(outcome instanceof ChatError)) return outcome
		if (isRefusal(outcome)) {
			// Nothing was sent, so it does not count as an attempt.
			chosen = chosen.filter((other) => other !== endpoint)
			if (chosen.length > 0) continue
			throw failure?.worst ?? (isRefusedByAll(request, tries) ? outcome : noneAvailable(request.route, request.caller))
		}
		failure = { error: outcome, worst: moreInformative(failure?.worst, outcome) }
		if (attempt >= retry.attempts || clock.monotonicMs() > untilMs || !mayTryAgain(outcome, retry.unsure))
			throw failure.worst
		attempt++
	}
}

/** Waits before a retry on the same upstream. @throws ChatError if the pause is too long or the caller disconnects. */
async function pauseBefore<Result>(
	{ tried, failure: { error, worst }, permit, untilMs }: Retry,
	{ route, call }: FailOverRequest<Result>,
	{ clock, random }: Serving,
): Promise<void> {
	const pause = pauseMs(tried, route.retry, error.retryAfterMs, random())
	try {
		if (pause === undefined || clock.monotonicMs() + pause > untilMs) throw worst
		await clock.sleep(pause, call.signal)
	} catch (thrown) {
		permit.release()
		throw thrown === worst ? worst : new ChatError('cancelled', 'The request was cancelled.')
	}
}

interface Retry {
	/** Number of attempts on the same upstream. */
	readonly tried: number
	readonly failure: Failure
	readonly permit: Permit
	readonly untilMs: number
}

interface Failure {
	readonly error: ChatError
	/** The most informative failure until now: the caller gets it if no upstream answers. */
	readonly worst: ChatError
}

interface Attempt extends PermittedEndpoint {
	/** The request may have caused the failures until now. */
	readonly isSuspect: boolean
}

/** Whether another upstream failed with this request, after it received it. */
function hasFailedElsewhere(
	tries: ReadonlyMap<UpstreamEndpoint, number>,
	endpoint: UpstreamEndpoint,
	failure: Failure | undefined,
): boolean {
	return (
		failure !== undefined && failure.error.sent !== 'nothing' && [...tries.keys()].some((other) => other !== endpoint)
	)
}

async function tryOnce<Result>(
	request: FailOverRequest<Result>,
	{ endpoint, permit, isSuspect }: Attempt,
	{ clock }: Serving,
): Promise<FailOverResult<Result> | ChatError> {
	const { model, deployment, operation, call, observer, caller } = request
	let startMs = clock.now()
	const lease = new Lease(endpoint, permit, caller)
	const dropped: string[] = []
	// Work in steps reports the same field several times.
	const reported = call.turns?.isLong === true ? new Set<string>() : undefined
	observer.observe({ type: 'attempt', upstream: endpoint.name, atMs: startMs })
	const startAgain = (error: ChatError) => {
		startMs = clock.now()
		observer.observe({ type: 'attempt-ended', atMs: startMs, error })
		observer.observe({ type: 'attempt', upstream: endpoint.name, atMs: startMs })
	}
	try {
		const upstream = deployment.upstreamAt(endpoint)
		checkUpstreamOperation(upstream, operation)
		const engineCall = {
			...call,
			model: upstreamNameOf(upstream.model, model),
			headers: observer.traceHeaders(),
			drop: (part: string) => {
				if (reported?.has(part) !== true) dropped.push(part)
				reported?.add(part)
			},
		}
		request.sending(endpoint.name)
		const result = await sendFitting(request, upstream.engine, engineCall, startAgain)
		const atMs = clock.now()
		observer.observe({ type: 'attempt-ended', atMs })
		lease.answered(atMs - startMs)
		return { result, upstream, lease, dropped }
	} catch (thrown) {
		const error = asChatError(thrown)
		observer.observe({ type: 'attempt-ended', atMs: clock.now(), error })
		lease.end(error, isSuspect)
		return error
	}
}

/** Operations whose requests limit their output. */
const limitedOperations: ReadonlySet<Operation> = new Set(['chat', 'complete'])

/**
 * Sends the call, and once more with a smaller `max_tokens` if the upstream rejects the first request for it and
 * reports what fits. That is not a failure of the upstream: it keeps its permit, and the attempt does not count.
 */
async function sendFitting<Result>(
	{ operation, send }: FailOverRequest<Result>,
	engine: Engine,
	call: EngineCall,
	beginAgain: (error: ChatError) => void,
): Promise<Result> {
	try {
		return await send(engine, call)
	} catch (thrown) {
		const error = asChatError(thrown)
		if (error.fittingTokens === undefined || !limitedOperations.has(operation)) throw error
		beginAgain(error)
		call.drop?.('max_tokens')
		return send(engine, call, error.fittingTokens)
	}
}

interface PermittedEndpoint {
	readonly endpoint: UpstreamEndpoint
	readonly permit: Permit
}

/** Waits for a permit if no upstream has a free one. */
async function acquirePermit<Result>(
	request: FailOverRequest<Result>,
	chosen: readonly UpstreamEndpoint[],
	tries: ReadonlyMap<UpstreamEndpoint, number>,
	failure: Failure | undefined,
): Promise<PermittedEndpoint> {
	const { call, priority, caller } = request
	for (;;) {
		const usable = usableEndpoints(request, chosen, tries, failure)
		const free = tryAcquirePermit(usable, caller)
		if (free !== undefined) return free
		const endpoint = usable.find(({ limiter }) => !limiter.refuses(priority, caller)) ?? usable[0]
		const permit = await endpoint.limiter.acquire(call.signal, priority, caller, request.waits)
		// Other calls may have opened the breaker in the meantime.
		if (endpoint.isAvailableTo(caller)) return { endpoint, permit }
		permit.release()
	}
}

function tryAcquirePermit(usable: readonly UpstreamEndpoint[], caller: SharePath): PermittedEndpoint | undefined {
	for (const endpoint of usable) {
		const permit = endpoint.limiter.tryAcquire(caller)
		if (permit !== undefined) return { endpoint, permit }
	}
	return undefined
}

/** Upstreams not tried yet, or else those that allow a retry. @throws ChatError if there are none. */
function usableEndpoints<Result>(
	{ route, caller }: FailOverRequest<Result>,
	chosen: readonly UpstreamEndpoint[],
	tries: ReadonlyMap<UpstreamEndpoint, number>,
	failure: Failure | undefined,
): readonly [UpstreamEndpoint, ...UpstreamEndpoint[]] {
	const available = chosen.filter((endpoint) => endpoint.isAvailableTo(caller))
	const fresh = available.filter((endpoint) => !tries.has(endpoint))
	const mayRetry = failure !== undefined && mayRecover(failure.error)
	const [first, ...others] = fresh.length > 0 || !mayRetry ? fresh : available
	if (first === undefined) throw failure?.worst ?? noneAvailable(route, caller)
	return [first, ...others]
}

/** The available upstreams that may receive the request, in order of preference. */
function candidatesOf<Result>({ route, hint, deployment, mayReceive }: FailOverRequest<Result>) {
	return route.choose(hint).filter((endpoint) => mayReceive(deployment.upstreamAt(endpoint)))
}

/** Whether every upstream that may receive the request was tried, and not only those that were available. */
function isRefusedByAll<Result>(
	{ route, deployment, mayReceive }: FailOverRequest<Result>,
	tries: ReadonlyMap<UpstreamEndpoint, number>,
): boolean {
	return route.members.every(({ endpoint }) => tries.has(endpoint) || !mayReceive(deployment.upstreamAt(endpoint)))
}

function noneAvailable(route: Route, caller: SharePath): ChatError {
	const retryAfterMs = route.reopensInMs(caller)
	return new ChatError('unavailable', 'No upstream of this model is available at the moment.', {
		retryAfterMs: Number.isFinite(retryAfterMs) && retryAfterMs > 0 ? retryAfterMs : undefined,
	})
}
