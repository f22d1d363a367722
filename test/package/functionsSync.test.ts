// A whole full sync by the packed app, outside the repository: the processes of npm start with the package in place of the build.
import { afterEach, expect, test } from 'vitest'
import { company } from '../e2e/company.ts'
import { expectUndisturbed, startCompany, stopCompanies } from '../e2e/runningCompany.ts'
import { packFunctions } from './packFunctions.ts'

afterEach(stopCompanies)

test('the packed app gathers, decides, applies and finishes, and a second full sync finds nothing to do', async () => {
  const given = company(8)
  const { folder } = packFunctions()
  const running = await startCompany(given, { packed: folder })
  const run = await running.ended(await running.askForFullSync())
  expect([run.state, run.failure]).toEqual(['done', null])
  await expectUndisturbed(running, run.id, given)
})
