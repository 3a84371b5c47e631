// How often the person preferred each model in comparisons.

import { useEffect, useState } from 'preact/hooks'
import { text } from '../languages/all-sentences.ts'
import { formatNumber } from '../languages/languages.ts'
import { explain } from '../parts/attempt.ts'
import { Notice } from '../parts/notice.tsx'
import { addressOf } from '../state/route.ts'
import { allVotesRead, loadVotes, voteSums } from '../state/vote-sums.ts'
import { SettingsSection } from './settings-section.tsx'
import { shareOf, sortSums } from './sorted-sums.ts'

type Reading = { readonly type: 'reading' | 'read' } | { readonly type: 'failed'; readonly failure: unknown }

export function VoteSums() {
	const words = text.value
	const [reading, setReading] = useState<Reading>({ type: 'reading' })
	useEffect(() => {
		const ending = new AbortController()
		loadVotes(ending.signal).then(
			() => setReading({ type: 'read' }),
			(failure: unknown) => {
				if (!ending.signal.aborted) setReading({ type: 'failed', failure })
			},
		)
		return () => ending.abort()
	}, [])
	const sums = sortSums(voteSums.value)
	return (
		<SettingsSection name="votes" title={words.votes} help={words.votesHelp}>
			{sums.length > 0 && (
				<ul class="vote-sums">
					{sums.map(([model, sum]) => (
						<li key={model}>
							<b>{model}</b>
							<span>{words.preferredShare(formatNumber(100 * shareOf(sum)), sum.compared)}</span>
							<span class="vote-bar" aria-hidden="true">
								<span style={{ width: `${100 * shareOf(sum)}%` }} />
							</span>
						</li>
					))}
				</ul>
			)}
			{sums.length === 0 && reading.type === 'read' && (
				<p>
					{words.noVotes} <a href={addressOf({ name: 'compare', id: undefined })}>{words.compareModels}</a>
				</p>
			)}
			{!allVotesRead.value && <p class="muted">{words.votesOfLast}</p>}
			{reading.type === 'failed' && <Notice kind="failure">{explain(reading.failure)}</Notice>}
		</SettingsSection>
	)
}
