import { expect, it } from 'vitest'
import { bad, good, warning, type CheckStep } from '../../../relay/check/checkStep.ts'
import { exitCodeOf, runChecks } from '../../../relay/check/runChecks.ts'
import { contextFor } from './checkFixture.ts'

const context = () => contextFor('relay.json')
const step = (
  name: CheckStep['name'],
  needs: CheckStep['needs'],
  run: CheckStep['run'] = async () => good('fine'),
): CheckStep => ({
  name,
  needs,
  timeoutMs: 1_000,
  run,
})

it('tells each result in order, and does not try what needs a bad step, or one that was not tried', async () => {
  const told: string[] = []
  const results = await runChecks(
    [
      step('configuration', []),
      step('name', ['configuration'], async () => bad('no such name', 'Look at DNS.')),
      step('port', ['name']),
      step('tls', ['port']),
      step('powershell', ['configuration'], async () => warning('old')),
      step('exchange', ['powershell']),
    ],
    context(),
    ({ step: name, state }) => told.push(`${name} ${state}`),
  )
  expect(told).toEqual([
    'configuration good',
    'name bad',
    'port notTried',
    'tls notTried',
    'powershell warning',
    'exchange good',
  ])
  expect(results[1]).toEqual({ step: 'name', state: 'bad', text: 'no such name', remedy: 'Look at DNS.' })
  expect(results[3]).toEqual({ step: 'tls', state: 'notTried', text: 'not tried: it needs port' })
  expect(exitCodeOf(results)).toBe(1)
})

it('bounds a step that hangs, tells it so, and goes on', async () => {
  let wasTold = false
  const hangs: CheckStep = {
    ...step('name', []),
    timeoutMs: 30,
    run: async (_context, signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => (wasTold = true))
      }),
  }
  const results = await runChecks([hangs, step('powershell', [])], context())
  expect(results.map(({ state }) => state)).toEqual(['bad', 'good'])
  expect(results[0]?.text).toBe('no result in 0.03 s')
  expect(wasTold).toBe(true)
})

it('takes a step that throws for bad, in one line and without tokens', async () => {
  const fails = async () =>
    Promise.reject(new Error('first line\n  second SharedAccessSignature sr=x&sig=c2VjcmV0&se=1'))
  const [result] = await runChecks([step('name', [], fails)], context())
  expect(result).toEqual({
    step: 'name',
    state: 'bad',
    text: 'first line second SharedAccessSignature sr=x&sig=***&se=1',
  })
})

it('closes what steps left open, last first, even if closing fails', async () => {
  const closed: number[] = []
  const opens =
    (number: number): CheckStep['run'] =>
    async (given) => {
      given.closers.push(async () => {
        closed.push(number)
        if (number === 2) throw new Error('it is gone already')
      })
      return good('open')
    }
  await runChecks([step('name', [], opens(1)), step('port', [], opens(2)), step('tls', [], opens(3))], context())
  expect(closed).toEqual([3, 2, 1])
})

it('is good when there is nothing worse than warnings', () => {
  expect(
    exitCodeOf([
      { step: 'name', ...good('x') },
      { step: 'tls', ...warning('x') },
    ]),
  ).toBe(0)
})
