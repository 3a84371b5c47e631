// Sends a call to the upstreams of a route, one after the other, until one begins to answer. The only code that retries: it decides by what
// the failure proves was sent, and never retries after the first event. It is independent of the operation.

import { asChatError, ChatError, type ChatErrorKind } from '../chat/error.ts'
import { closingCode } from '../engines/running-calls.ts'
import { pauseMs } from '../routing/backoff.ts'
import type { Permit, Priority } from '../routing/concurrency-limiter.ts'
import type { RouteHint } from '../routing/policy.ts'
import { candidatesOf, type Route } from '../routing/route.ts'
import type { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'
import type { RequestObserver } from '../telemetry/observer.ts'
import { Lease } from './lease.ts'
import type { Parts } from './parts.ts'

/** A request to send to an upstream of `route`. */
export interface FailOverRequest<Result> {
	readonly route: Route
	readonly hint: RouteHint
	readonly signal: AbortSignal
	readonly observer: RequestObserver
	readonly priority: Priority
	/**
	 * Resolves when the upstream at `place` began to answer.
	 *
	 * @param drop called for each part of the request that the upstream's wire format cannot express.
	 */
	readonly dispatch: (
		place: UpstreamEndpoint,
		traceHeaders: Readonly<Record<string, string>>,
		drop: (part: string) => void,
	) => Promise<Result>
}

export interface FailOverResult<Result> {
	readonly result: Result
	/** Name of the upstream that answers. */
	readonly upstream: string
	/** The caller must end it when the answer ends. */
	readonly lease: Lease
	/** Parts of the request that the upstream's wire format cannot express. */
	readonly dropped: readonly string[]
}

/** @throws ChatError the most informative failure, if no upstream answered. */
export async function failOver<Result>(asking: FailOverRequest<Result>, parts: Parts): Promise<FailOverResult<Result>> {
	const { clock } = parts
	const { retry } = asking.route
	const untilMs = clock.now() + retry.totalMs
	const chosen = asking.route.choose(asking.hint)
	const tries = new Map<UpstreamEndpoint, number>()
	let failure: Failure | undefined
	for (let execute = 1; ; execute++) {
		const { place, permit } =
			tryAcquirePermit(askable(asking, chosen, tries, failure)) ?? (await acquirePermit(asking, chosen, tries, failure))
		const tried = tries.get(place) ?? 0
		tries.set(place, tried + 1)
		if (tried > 0 && failure !== undefined) await pauseBefore(tried, failure, permit, untilMs, asking, parts)
		const outcome = await tryOnce(asking, place, permit, parts)
		if (!(outcome instanceof ChatError)) return outcome
		failure = { error: outcome, worst: moreInformative(failure?.worst, outcome) }
		if (execute >= retry.attempts || clock.now() > untilMs || !mayTryAgain(outcome, retry.unsure)) throw failure.worst
	}
}

/** Waits before a retry on the same upstream. @throws ChatError if the pause is too long or the caller disconnects. */
async function pauseBefore<Result>(
	tried: number,
	{ error, worst }: Failure,
	permit: Permit,
	untilMs: number,
	{ route, signal }: FailOverRequest<Result>,
	{ clock, random }: Parts,
): Promise<void> {
	const pause = pauseMs(tried, route.retry, error.retryAfterMs, random())
	try {
		if (pause === undefined || clock.now() + pause > untilMs) throw worst
		await clock.sleep(pause, signal)
	} catch (thrown) {
		permit.release()
		throw thrown === worst ? worst : new ChatError('cancelled', 'The request was cancelled.')
	}
}

interface Failure {
	readonly error: ChatError
	/** The most informative failure until now: the caller gets it if no upstream answers. */
	readonly worst: ChatError
}

async function tryOnce<Result>(
	{ dispatch, observer }: FailOverRequest<Result>,
	place: UpstreamEndpoint,
	permit: Permit,
	parts: Parts,
): Promise<FailOverResult<Result> | ChatError> {
	const begunMs = parts.clock.now()
	const lease = new Lease(place, permit)
	const dropped: string[] = []
	observer.observe({ type: 'attempt', upstream: place.name, atMs: begunMs })
	try {
		const result = await dispatch(place, observer.traceHeaders(), (part) => dropped.push(part))
		const nowMs = parts.clock.now()
		observer.observe({ type: 'attempt-ended', atMs: nowMs })
		lease.begun(nowMs - begunMs)
		return { result, upstream: place.name, lease, dropped }
	} catch (thrown) {
		const error = asChatError(thrown)
		observer.observe({ type: 'attempt-ended', atMs: parts.clock.now(), error })
		lease.end(error)
		return error
	}
}

/** A permit to call the upstream at `place`. */
interface Turn {
	readonly place: UpstreamEndpoint
	readonly permit: Permit
}

/** Waits for a permit if no upstream has a free one. */
async function acquirePermit<Result>(
	asking: FailOverRequest<Result>,
	chosen: readonly UpstreamEndpoint[],
	tries: ReadonlyMap<UpstreamEndpoint, number>,
	failure: Failure | undefined,
): Promise<Turn> {
	const { signal, priority } = asking
	for (;;) {
		const open = askable(asking, chosen, tries, failure)
		const free = tryAcquirePermit(open)
		if (free !== undefined) return free
		const place = open.find(({ limiter }) => !limiter.refuses(priority)) ?? open[0]
		const permit = await place.limiter.acquire(signal, priority)
		// Other calls may have opened the breaker in the meantime.
		if (place.available) return { place, permit }
		permit.release()
	}
}

function tryAcquirePermit(open: readonly UpstreamEndpoint[]): Turn | undefined {
	for (const place of open) {
		const permit = place.limiter.tryAcquire()
		if (permit !== undefined) return { place, permit }
	}
	return undefined
}

/** Upstreams not tried yet, or else those that allow a retry. @throws ChatError if there are none. */
function askable<Result>(
	{ route }: FailOverRequest<Result>,
	chosen: readonly UpstreamEndpoint[],
	tries: ReadonlyMap<UpstreamEndpoint, number>,
	failure: Failure | undefined,
): readonly [UpstreamEndpoint, ...UpstreamEndpoint[]] {
	const candidates = candidatesOf(chosen)
	const fresh = candidates.filter((place) => !tries.has(place))
	const [first, ...others] =
		fresh.length > 0 ? fresh : candidates.filter(() => failure !== undefined && mayComeBack(failure.error))
	if (first === undefined) throw failure?.worst ?? noneLeft(route)
	return [first, ...others]
}

function noneLeft(route: Route): ChatError {
	const retryAfterMs = route.reopensInMs
	return new ChatError('unavailable', 'No upstream of this model is available at the moment.', {
		retryAfterMs: Number.isFinite(retryAfterMs) && retryAfterMs > 0 ? retryAfterMs : undefined,
	})
}

/** Failures of the upstream rather than of the request, least informative first. */
const upstreamFailures: readonly ChatErrorKind[] = [
	'unavailable',
	'upstream-failed',
	'upstream-timeout',
	'overloaded',
	'rate-limited',
]

function mayTryAgain({ kind, sent, code }: ChatError, unsure: boolean): boolean {
	return code !== closingCode && upstreamFailures.includes(kind) && (sent === 'nothing' || unsure)
}

/** Whether a retry on the same upstream can succeed. It would fail again after a timeout or a lasting failure, such as a rejected key. */
function mayComeBack({ kind, sent, code, lasting }: ChatError): boolean {
	if (kind === 'upstream-timeout' || lasting) return false
	return kind !== 'upstream-failed' || (sent === 'maybe' && code === undefined)
}

function moreInformative(before: ChatError | undefined, now: ChatError): ChatError {
	if (before === undefined) return now
	return upstreamFailures.indexOf(before.kind) > upstreamFailures.indexOf(now.kind) ? before : now
}
