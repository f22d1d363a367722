/** The error for a row without what makes it a row: nothing is decided on an inventory that holds one. */
import { AppError } from '../errors.ts'

/** `rowNumber` counts from 1 in the order in which the rows came. */
export function missingProperty(cmdlet: string, rowNumber: number, property: string): AppError {
  return new AppError(
    'incompleteInventory',
    `Row ${rowNumber} of ${cmdlet} has no ${property}. The relay's account may not be allowed to read it: give it the role View-Only Recipients.`,
    { retryable: true },
  )
}
