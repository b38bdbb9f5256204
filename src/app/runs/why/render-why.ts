import {renderDuration, renderTime} from '../../../base/units.ts';
import type {ChainText} from '../../../standing/chain-standing.ts';
import type {Severity} from '../../../standing/standing.ts';
import {type ProblemText, renderChain, renderProblems, renderUnknown} from '../../shared/render-status.ts';
import {hang, paint, type Style} from '../../shared/text-layout.ts';
import type {Explanation} from './explanations.ts';

interface WhyParts {
  readonly run: string;
  readonly state: string;
  readonly reasons: readonly Explanation[];
  readonly problems: readonly ProblemText[];
  readonly notKnown: readonly string[];
  readonly chain?: ChainText | undefined;
}

const SIGNS: Readonly<Record<Severity, readonly [sign: string, colour: 'red' | 'yellow' | 'dim' | 'green']>> = {
  action: ['!', 'red'],
  trouble: ['‖', 'yellow'],
  waiting: ['·', 'dim'],
  fine: ['✓', 'green'],
};

/** What stands in a run's way: what, why, and what to type next. */
export function renderWhy({run, state, reasons, problems, notKnown, chain}: WhyParts, style: Style): string {
  return [
    reasons.length === 0 ? `${run} ${isNow(state)}: nothing is blocking it.` : `${run} ${isNow(state)}`,
    ...reasons.flatMap((reason) => renderReason(reason, style)),
    ...renderChain(chain, style),
    ...renderUnknown(notKnown, style),
    ...renderProblems(problems, style),
  ].join('\n');
}

function isNow(state: string): string {
  if (state === 'cancelled') return 'was cancelled';
  return state === 'succeeded' || state === 'failed' ? `has ${state}` : `is ${state}`;
}

function renderReason(reason: Explanation, style: Style): string[] {
  const [sign, colour] = SIGNS[reason.standing];
  const head = hang(
    `${paint(sign, colour, style)} `,
    `${reason.step ? `${reason.step}: ` : ''}${reason.what}`,
    '  ',
    style,
  );
  const met = [
    ...(reason.since ? [`since ${renderTime(reason.since)}`] : []),
    ...(reason.times !== undefined && reason.times > 1 ? [`met ${reason.times} times`] : []),
  ];
  return [
    ...head,
    ...(reason.why ? hang('    why: ', reason.why, '         ', style) : []),
    ...(met.length > 0 ? [`    ${met.join(', ')}`] : []),
    ...(reason.estimatedStart ? [`    PBS expects to start it ${renderTime(reason.estimatedStart)}`] : []),
    ...(reason.deadline
      ? hang(
          '    ',
          `Globus gives up ${renderTime(reason.deadline)}, in ${renderDuration(reason.deadlineInSeconds ?? 0)}`,
          '    ',
          style,
        )
      : []),
    ...reason.next.flatMap((line, index) =>
      hang(`    ${index === 0 ? 'next:' : '     '} `, line, '            ', style),
    ),
  ];
}
