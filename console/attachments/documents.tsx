// The attached texts of a question that was sent.

import { FileText } from 'lucide'
import { Icon } from '../parts/icon.tsx'
import type { QuestionDocument } from '../state/turn-tree.ts'

export function Documents({ documents = [] }: { readonly documents?: readonly QuestionDocument[] | undefined }) {
	if (documents.length === 0) return null
	return (
		<div class="documents">
			{documents.map(({ name, text }) => (
				<details class="document">
					<summary>
						<Icon node={FileText} />
						{name}
					</summary>
					<pre>{text}</pre>
				</details>
			))}
		</div>
	)
}
