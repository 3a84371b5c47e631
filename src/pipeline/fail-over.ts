// Asks the upstreams of a route, one after the other, until one begins to answer. The only place that tries again: whether it may is
// decided by what a failure proves was sent, and never after the first event. It knows no operation.

import { asChatError, ChatError, type ChatErrorKind } from '../chat/error.ts'
import { closingCode } from '../engines/running-calls.ts'
import { pauseMs } from '../routing/backoff.ts'
import type { Place } from '../routing/place.ts'
import type { RouteHint } from '../routing/policy.ts'
import { candidatesOf, type Route } from '../routing/route.ts'
import type { Priority, Slot } from '../routing/slots.ts'
import type { RequestRecord } from '../telemetry/telemetry.ts'
import { Lease } from './lease.ts'
import type { Parts } from './parts.ts'

/** A request that some upstream is to answer. */
export interface Asking<Result> {
	readonly route: Route
	readonly hint: RouteHint
	readonly signal: AbortSignal
	readonly record: RequestRecord
	readonly priority: Priority
	/**
	 * Resolves when the upstream at `place` began to answer.
	 *
	 * @param drop to be told of each part of the request that the upstream's wire has no words for.
	 */
	readonly ask: (
		place: Place,
		traceHeaders: Readonly<Record<string, string>>,
		drop: (part: string) => void,
	) => Promise<Result>
}

export interface Answered<Result> {
	readonly result: Result
	/** To be ended once the answer is. */
	readonly lease: Lease
	/** Parts of the request that the upstream's wire has no words for. */
	readonly dropped: readonly string[]
}

/** @throws ChatError what says most about why nobody answered. */
export async function failOver<Result>(asking: Asking<Result>, parts: Parts): Promise<Answered<Result>> {
	const { clock } = parts
	const { retry } = asking.route
	const untilMs = clock.now() + retry.totalMs
	const chosen = asking.route.choose(asking.hint)
	const tries = new Map<Place, number>()
	let failure: Failure | undefined
	for (let attempt = 1; ; attempt++) {
		const { place, slot } =
			takeFreeTurn(askable(asking, chosen, tries, failure)) ?? (await takeTurn(asking, chosen, tries, failure))
		const tried = tries.get(place) ?? 0
		tries.set(place, tried + 1)
		if (tried > 0 && failure !== undefined) await pauseBefore(tried, failure, slot, untilMs, asking, parts)
		const outcome = await tryOnce(asking, place, slot, parts)
		if (!(outcome instanceof ChatError)) return outcome
		failure = { error: outcome, worst: moreTelling(failure?.worst, outcome) }
		if (attempt >= retry.attempts || clock.now() > untilMs || !mayTryAgain(outcome, retry.unsure)) throw failure.worst
	}
}

/** Waits before the same upstream is asked again. @throws ChatError where that would take too long, or the caller goes. */
async function pauseBefore<Result>(
	tried: number,
	{ error, worst }: Failure,
	slot: Slot,
	untilMs: number,
	{ route, signal }: Asking<Result>,
	{ clock, random }: Parts,
): Promise<void> {
	const pause = pauseMs(tried, route.retry, error.retryAfterMs, random())
	try {
		if (pause === undefined || clock.now() + pause > untilMs) throw worst
		await clock.sleep(pause, signal)
	} catch (thrown) {
		slot.release()
		throw thrown === worst ? worst : new ChatError('cancelled', 'The request was cancelled.')
	}
}

interface Failure {
	readonly error: ChatError
	/** What the caller is told where nobody answers. */
	readonly worst: ChatError
}

async function tryOnce<Result>(
	{ ask, record }: Asking<Result>,
	place: Place,
	slot: Slot,
	parts: Parts,
): Promise<Answered<Result> | ChatError> {
	const begunMs = parts.clock.now()
	const lease = new Lease(place, slot)
	const dropped: string[] = []
	const attempt = record.attempt(place.name, begunMs)
	try {
		const result = await ask(place, attempt.traceHeaders, (part) => dropped.push(part))
		const nowMs = parts.clock.now()
		attempt.end(nowMs)
		lease.begun(nowMs - begunMs)
		record.upstream = place.name
		return { result, lease, dropped }
	} catch (thrown) {
		const error = asChatError(thrown)
		attempt.end(parts.clock.now(), error)
		lease.end(error)
		return error
	}
}

/** A place with a turn on it. */
interface Turn {
	readonly place: Place
	readonly slot: Slot
}

/** Waits where nobody has a turn to give at once. */
async function takeTurn<Result>(
	asking: Asking<Result>,
	chosen: readonly Place[],
	tries: ReadonlyMap<Place, number>,
	failure: Failure | undefined,
): Promise<Turn> {
	const { signal, priority } = asking
	for (;;) {
		const open = askable(asking, chosen, tries, failure)
		const free = takeFreeTurn(open)
		if (free !== undefined) return free
		const place = open.find(({ slots }) => !slots.refuses(priority)) ?? open[0]
		const slot = await place.slots.take(signal, priority)
		// Others may have failed there while this one waited.
		if (place.available) return { place, slot }
		slot.release()
	}
}

function takeFreeTurn(open: readonly Place[]): Turn | undefined {
	for (const place of open) {
		const slot = place.slots.tryTake()
		if (slot !== undefined) return { place, slot }
	}
	return undefined
}

/** Places that were not tried yet, or else those that may be tried once more. @throws ChatError where there are none. */
function askable<Result>(
	{ route }: Asking<Result>,
	chosen: readonly Place[],
	tries: ReadonlyMap<Place, number>,
	failure: Failure | undefined,
): readonly [Place, ...Place[]] {
	const candidates = candidatesOf(chosen)
	const fresh = candidates.filter((place) => !tries.has(place))
	const [first, ...others] =
		fresh.length > 0 ? fresh : candidates.filter(() => failure !== undefined && mayComeBack(failure.error))
	if (first === undefined) throw failure?.worst ?? noneLeft(route)
	return [first, ...others]
}

function noneLeft(route: Route): ChatError {
	const retryAfterMs = route.reopensInMs
	return new ChatError('unavailable', 'No upstream of this model can answer at the moment.', {
		...(Number.isFinite(retryAfterMs) && retryAfterMs > 0 ? { retryAfterMs } : {}),
	})
}

/** Failures that say something about the upstream rather than about the request, by how much they tell the caller. */
const tellingUpstreamFailures: readonly ChatErrorKind[] = [
	'unavailable',
	'upstream-failed',
	'upstream-timeout',
	'overloaded',
	'rate-limited',
]

function mayTryAgain({ kind, sent, code }: ChatError, unsure: boolean): boolean {
	return code !== closingCode && tellingUpstreamFailures.includes(kind) && (sent === 'nothing' || unsure)
}

/** On the same upstream. One that was silent for so long would be so again, and one that refuses our key will do so tomorrow. */
function mayComeBack({ kind, sent, code, lasting }: ChatError): boolean {
	if (kind === 'upstream-timeout' || lasting) return false
	return kind !== 'upstream-failed' || (sent === 'maybe' && code === undefined)
}

function moreTelling(before: ChatError | undefined, now: ChatError): ChatError {
	if (before === undefined) return now
	return tellingUpstreamFailures.indexOf(before.kind) > tellingUpstreamFailures.indexOf(now.kind) ? before : now
}
