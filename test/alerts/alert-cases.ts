// Series of a working server, and for each alert those of the fault that it reports.

const own = 'instance="a:8080",job="dragoman"'
const upstream = `${own},upstream="gpu"`
const model = `${own},model="m"`

/** By name and labels: the first value, and its change in each minute, in promtool's notation. */
export const workingServer: Readonly<Record<string, string>> = {
	[`up{${own}}`]: '1+0',
	[`process_start_time_seconds{${own}}`]: '1000+0',
	[`process_open_fds{${own}}`]: '100+0',
	[`process_max_fds{${own}}`]: '1024+0',
	[`dragoman_dead_processes_total{${own}}`]: '2+0',
	...checks({}),
	[`dragoman_usage_records_pending{${own}}`]: '10+0',
	[`dragoman_usage_records_pending_max{${own}}`]: '100000+0',
	[`dragoman_usage_records_quarantined{${own}}`]: '0+0',
	[`dragoman_turn_ends_pending{${own}}`]: '0+0',
	[`dragoman_disk_free_bytes{${own}}`]: '50000000000-1000000',
	...histogram('dragoman_event_loop_delay_seconds', own, { '0.005': 118, '0.25': 120, '1': 120 }),
	...histogram('dragoman_time_to_first_token_seconds', model, { '1': 58, '10': 60, '30': 60 }),
	[`dragoman_requests_total{${model},status="200"}`]: '0+60',
	[`dragoman_requests_total{${model},status="500"}`]: '0+1',
	[`dragoman_errors_total{${model},kind="unavailable"}`]: '0+1',
	[`dragoman_errors_total{${model},kind="invalid-request"}`]: '0+50',
	...refusals({}),
	[`dragoman_upstream_breaker{${upstream}}`]: '0+0',
	[`dragoman_upstream_healthy{${upstream}}`]: '1+0',
	[`dragoman_upstream_waiting{${upstream}}`]: '3+0',
	[`dragoman_upstream_queue_limit{${upstream}}`]: '64+0',
}

export interface AlertCase {
	readonly alert: string
	/** Replaces series of the working server. */
	readonly series: Readonly<Record<string, string>>
	/** Of the alert. */
	readonly labels: Readonly<Record<string, string>>
}

const instance = { instance: 'a:8080', job: 'dragoman' }
const page = { severity: 'page' }
const ticket = { severity: 'ticket' }

export const alertCases: readonly AlertCase[] = [
	{ alert: 'DragomanDown', series: { [`up{${own}}`]: '0+0' }, labels: { ...instance, ...page } },
	{
		alert: 'DragomanRestarting',
		series: { [`process_start_time_seconds{${own}}`]: '1000+60' },
		labels: { ...instance, ...ticket },
	},
	{ alert: 'DragomanProcessDied', series: { [`dragoman_dead_processes_total{${own}}`]: '0+1' }, labels: ticket },
	{
		alert: 'DragomanDatabaseUnavailable',
		series: checks({ database: '0+0' }),
		labels: { ...instance, check: 'database', ...page },
	},
	{
		alert: 'DragomanJournalNotWritable',
		series: checks({ journal: '0+0' }),
		labels: { ...instance, check: 'journal', ...page },
	},
	{
		alert: 'DragomanUsageRecordsPending',
		series: { [`dragoman_usage_records_pending{${own}}`]: '60000+0' },
		labels: { ...instance, ...page },
	},
	{
		alert: 'DragomanUsageRecordsQuarantined',
		series: { [`dragoman_usage_records_quarantined{${own}}`]: '1+0' },
		labels: { ...instance, ...ticket },
	},
	{
		alert: 'DragomanTurnEndsPending',
		series: { [`dragoman_turn_ends_pending{${own}}`]: '1+0' },
		labels: { ...instance, ...ticket },
	},
	{ alert: 'DragomanDiskFull', series: checks({ disk: '0+0' }), labels: { ...instance, check: 'disk', ...page } },
	{
		alert: 'DragomanDiskLow',
		series: { [`dragoman_disk_free_bytes{${own}}`]: '900000000+0' },
		labels: { ...instance, ...ticket },
	},
	{
		alert: 'DragomanDiskLow',
		series: { [`dragoman_disk_free_bytes{${own}}`]: '50000000000-100000000' },
		labels: { ...instance, ...ticket },
	},
	{
		alert: 'DragomanEventLoopSlow',
		series: histogram('dragoman_event_loop_delay_seconds', own, { '0.005': 50, '0.25': 60, '1': 120 }),
		labels: { instance: 'a:8080', ...ticket },
	},
	{
		alert: 'DragomanFileDescriptorsLow',
		series: { [`process_open_fds{${own}}`]: '900+0' },
		labels: { ...instance, ...page },
	},
	{
		alert: 'DragomanErrors',
		series: { [`dragoman_errors_total{${model},kind="unavailable"}`]: '0+10' },
		labels: { model: 'm', ...page },
	},
	{
		alert: 'DragomanFirstTokenSlow',
		series: histogram('dragoman_time_to_first_token_seconds', model, { '1': 30, '10': 40, '30': 60 }),
		labels: { model: 'm', ...ticket },
	},
	{
		alert: 'DragomanServerFull',
		series: refusals({ 'limits.connections': '0+5' }),
		labels: { setting: 'limits.connections', ...ticket },
	},
	{
		alert: 'DragomanServerFull',
		series: refusals({ 'limits.background.queue': '0+5' }),
		labels: { setting: 'limits.background.queue', ...ticket },
	},
	{
		alert: 'DragomanStreamsRefused',
		series: refusals({ 'streams.maxTotalBytes': '0+5' }),
		labels: { setting: 'streams.maxTotalBytes', ...ticket },
	},
	{
		alert: 'DragomanBreakerOpen',
		series: { [`dragoman_upstream_breaker{${upstream}}`]: '2+0' },
		labels: { upstream: 'gpu', ...page },
	},
	{
		alert: 'DragomanUpstreamUnhealthy',
		series: { [`dragoman_upstream_healthy{${upstream}}`]: '0+0' },
		labels: { upstream: 'gpu', ...page },
	},
	{
		alert: 'DragomanQueueNearlyFull',
		series: { [`dragoman_upstream_waiting{${upstream}}`]: '60+0' },
		labels: { ...instance, upstream: 'gpu', ...ticket },
	},
	{
		alert: 'DragomanQueueFull',
		series: refusals({ 'upstreams.concurrency.queue': '0+5' }),
		labels: { setting: 'upstreams.concurrency.queue', ...page },
	},
]

function checks(failing: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	const all = { database: '1+0', journal: '1+0', disk: '1+0', ...failing }
	return Object.fromEntries(
		Object.entries(all).map(([check, values]) => [`dragoman_check_ok{${own},check="${check}"}`, values]),
	)
}

/** Bounds of one request, such as `limits.messages`, concern its client only. */
function refusals(changed: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	const all = {
		'limits.messages': '0+5',
		'limits.connections': '0+0',
		'limits.background.queue': '0+0',
		'streams.maxTotalBytes': '0+0',
		'upstreams.concurrency.queue': '0+0',
		...changed,
	}
	return Object.fromEntries(
		Object.entries(all).map(([setting, values]) => [`dragoman_refusals_total{${own},setting="${setting}"}`, values]),
	)
}

/** @param perMinute observations in each minute up to a bound in seconds; the last number is that of all. */
function histogram(
	name: string,
	labels: string,
	perMinute: Readonly<Record<string, number>>,
): Readonly<Record<string, string>> {
	const all = Math.max(...Object.values(perMinute))
	return Object.fromEntries(
		Object.entries({ ...perMinute, '+Inf': all }).map(([bound, count]) => [
			`${name}_bucket{${labels},le="${bound}"}`,
			`0+${count}`,
		]),
	)
}
