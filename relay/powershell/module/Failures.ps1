# Failures: from error records to the categories of the protocol, by reason, category and code; never by message, which comes in the
# server's language.

# WSMan error codes (wsmerror.h, as signed integers): the transport says in its code what its message says in the server's language.
$ShellLimitCodes = @(-2144108123, -2144108117, -2144108060, -2144108059, -2144108058)
$ThrottleCodes = @(-2144108481, -2144108122, -2144108121, -2144108120, -2144108057, -2144108056, -2144108055)
$AccessDeniedCode = 5

$CategoryByReason = @{
    ManagementObjectNotFoundException  = 'notFound'
    ManagementObjectAmbiguousException = 'ambiguous'
    ADOperationException               = 'accessDenied'
    AuthorizationException             = 'accessDenied'
    CmdletAccessDeniedException        = 'accessDenied'
    UnauthorizedAccessException        = 'accessDenied'
    CommandNotFoundException           = 'cmdletHidden'
    InvalidRunspaceStateException      = 'sessionBroken'
    InvalidPipelineStateException      = 'sessionBroken'
    PipelineStoppedException           = 'sessionBroken'
    PSRemotingDataStructureException   = 'sessionBroken'
    PSInvalidOperationException        = 'sessionBroken'
}

function New-Failure {
    param([string] $Category, [string] $Message, [int] $RetryAfterMs = 0)
    $failure = @{ category = $Category; message = $Message }
    if ($RetryAfterMs -gt 0) { $failure['retryAfterMs'] = $RetryAfterMs }
    $failure
}

# An error record for a session or pipeline that ended by itself; its reason may be missing.
function New-BrokenRecord {
    param([object] $Reason)
    $exception = $Reason
    if ($exception -isnot [Exception]) { $exception = New-Object -TypeName 'System.Management.Automation.Runspaces.InvalidRunspaceStateException' -ArgumentList 'The session to Exchange ended before the command did.' }
    New-Object -TypeName 'System.Management.Automation.ErrorRecord' -ArgumentList $exception, 'PSSessionBroken', 'ConnectionError', $null
}

# What a method call or a remote session wraps: there the reason is that of the wrapping. The last is what exceptions of PowerShell itself say.
$WrappedReasons = @('', 'RemoteException', 'MethodInvocationException', 'CmdletInvocationException', 'ParentContainsErrorRecordException')

function Get-Failure {
    param([System.Management.Automation.ErrorRecord] $Record)
    $exception = $Record.Exception
    while ($exception -is [System.Management.Automation.MethodInvocationException] -and $null -ne $exception.InnerException) { $exception = $exception.InnerException }
    $source = $Record
    if ($WrappedReasons -contains [string] $source.CategoryInfo.Reason -and $exception -is [System.Management.Automation.RuntimeException] -and $null -ne $exception.ErrorRecord) { $source = $exception.ErrorRecord }
    $reason = [string] $source.CategoryInfo.Reason
    if ($WrappedReasons -contains $reason) { $reason = $exception.GetType().Name }
    if ($exception -is [System.Management.Automation.Remoting.PSRemotingTransportException]) { $reason = 'PSRemotingTransportException' }
    $id = [string] $source.FullyQualifiedErrorId
    $message = [string] $exception.Message
    # A cmdlet has the tag in its id. Exchange's front end has it in the text, of which it is the only part that is in no language.
    $tagged = $id
    if ($reason -eq 'PSRemotingTransportException') { $tagged = $message }
    $failureCategory = ''
    if ($tagged -match '\[FailureCategory=([^\]]+)\]') { $failureCategory = $Matches[1] }
    if ($failureCategory -match '^Cmdlet-(.+)$') { $reason = $Matches[1] }
    if ($failureCategory -eq 'AuthZ-AuthorizationException') { return New-Failure -Category 'shellLimit' -Message $message -RetryAfterMs 30000 }
    if ($reason -eq 'ParameterBindingException' -and $id -like '*NamedParameterNotFound*') { return New-Failure -Category 'parameterHidden' -Message $message }
    if ($reason -eq 'PSRemotingTransportException') { return Get-TransportFailure -Exception $exception -Id $id }
    $category = $CategoryByReason[$reason]
    if ($null -eq $category) { $category = 'other' }
    New-Failure -Category $category -Message $message
}

function Get-TransportFailure {
    param([Exception] $Exception, [string] $Id)
    $code = 0
    if ($null -ne $Exception.PSObject.Properties['ErrorCode']) { $code = $Exception.ErrorCode }
    if ($code -eq 0 -and $Id -match '^(-?\d+),') { $code = [int] $Matches[1] }
    $message = [string] $Exception.Message
    if ($ShellLimitCodes -contains $code) { return New-Failure -Category 'shellLimit' -Message $message -RetryAfterMs 30000 }
    if ($code -eq $AccessDeniedCode -or $Id -like 'AccessDenied*') { return New-Failure -Category 'accessDenied' -Message $message }
    if ($ThrottleCodes -notcontains $code) { return New-Failure -Category 'sessionBroken' -Message $message }
    # The time to wait is the last number of the message, in whatever language that is.
    $wait = 2000
    $numbers = @([regex]::Matches($message, '\d+'))
    if ($numbers.Count -gt 0) { $wait = [Math]::Min([int64] 600000, [Math]::Max([int64] 100, [int64] $numbers[$numbers.Count - 1].Value)) }
    New-Failure -Category 'throttled' -Message $message -RetryAfterMs $wait
}
