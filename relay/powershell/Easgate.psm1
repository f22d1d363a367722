<#
.SYNOPSIS
Runs Exchange cmdlets for the easgate relay.

.DESCRIPTION
The relay keeps one PowerShell process with this module for Exchange and calls these functions, a line at a time:

    Open-Easgate '<base64>'    opens sessions to Exchange
    Step-Easgate '<base64>'    starts, holds and stops commands, and prints what has happened since
    Close-Easgate              closes the sessions

and, when it needs one, another process for what uses Windows' identity without Exchange's sessions:

    Send-EasgateRequest '<base64>'          posts to a web service (Autodiscover, EWS)
    Get-EasgateConnectionPoint '<base64>'   looks up Autodiscover's addresses in Active Directory

Arguments are base64 of UTF-8 JSON; answers are lines of JSON in UTF-8, written to standard output directly, so that neither the console's code
page nor its width touches them. The last line of an answer counts the others. Nothing that comes from outside is ever part of a
script: cmdlets and parameters are bound by AddCommand and AddParameter.

A session is one runspace on the server's Microsoft.Exchange endpoint, used by one pipeline at a time. It gets Set-ADServerSettings
-ViewEntireForest when it is opened, is closed before 14 minutes (Exchange drops idle ones after 15), and is opened again when it is needed.
Nothing runs between two calls: what is due is done at the next step, and the relay steps once a minute even when it has no command.
Runs in Windows PowerShell 5.1 and in PowerShell 7 on Windows. The rows that Exchange sends faster than the relay takes them wait in this
process, as PowerShell objects.
#>

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'
$InformationPreference = 'SilentlyContinue'
$ConfirmPreference = 'None'
if (Test-Path -Path 'Variable:PSStyle') { $PSStyle.OutputRendering = 'PlainText' }

# PowerShell would keep the last 4096 lines that it was given, and a line can be some hundred thousand characters.
$global:MaximumHistoryCount = 1

$PollMilliseconds = 10

# What Open-Easgate was given, the sessions, the commands that wait, and those that were started and whose outcome is not printed yet.
# The lists are walked by ToArray(): @() fails on a List[object] that New-Object made ("Argument types do not match", up to 7.6 at least).
$State = @{
    Settings  = $null
    Factory   = $null
    Sessions  = @()
    Closing   = New-Object -TypeName 'System.Collections.Generic.List[object]'
    Queue     = New-Object -TypeName 'System.Collections.Generic.List[object]'
    Jobs      = New-Object -TypeName 'System.Collections.Generic.List[object]'
    LastError = $null
}

$Parts = @(
    'Values', 'Failures', 'Connection', 'Sessions', 'Closing', 'Organization', 'Commands', 'Rows', 'Printing', 'Calls', 'Requests',
    'ConnectionPoints'
)
foreach ($part in $Parts) {
    . (Join-Path -Path $PSScriptRoot -ChildPath (Join-Path -Path 'module' -ChildPath ($part + '.ps1')))
}

function Open-Easgate {
    <#
    .SYNOPSIS
    Opens the sessions to Exchange and prints what can be learned of it.

    .DESCRIPTION
    Waits for the first session; the others open meanwhile. Prints one line: {"end":true,"lines":0,"relay":{organization, server, dialect}}, or
    the same with "error" {category, message, retryAfterMs} instead when no session could be opened. Passwords are made into credentials and
    not kept; nothing that goes wrong here prints the line that it came with.

    .PARAMETER Settings
    Base64 of {"parallel": 1..15, "connection": {kind, server, scheme, port, path, authentication, viewEntireForest, account {user, password},
    proxyAccess, proxyAuthentication, proxyAccount {user, password}}}. Without an account the sessions are opened as whoever runs this process.

    .PARAMETER RunspaceFactory
    A script block that gets the connection and gives a runspace that is not open yet. Tests give local ones.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Settings,

        [Parameter()]
        [ValidateNotNull()]
        [scriptblock] $RunspaceFactory = $ExchangeRunspace
    )

    try { Open-EverySession -Given (ConvertFrom-Argument -Text $Settings) -Factory $RunspaceFactory }
    catch { $State.LastError = Get-Failure -Record $_ }
    Open-Call
    $global:Error.Clear()
    $first = Get-FreeSession
    if ($null -eq $first) {
        $failure = $State.LastError
        if ($null -eq $failure) { $failure = New-Failure -Category 'sessionBroken' -Message 'Exchange did not open a session in time.' }
        Write-Reply -Line @() -End @{ error = $failure }
        return
    }
    Write-Reply -Line @() -End @{ relay = Get-Organization -Session $first }
}

function Step-Easgate {
    <#
    .SYNOPSIS
    Starts and stops commands, and prints rows and outcomes as soon as there is one, at the latest after the time given.

    .DESCRIPTION
    Prints lines {"key","row"} and {"key","done"}, a command's rows before its outcome, then {"end":true,"lines","running","queued","open",
    "calls"}: pipelines that run, commands that wait, sessions that are not closed, whether the relay's calls are heard, which end the wait
    (module/Calls.ps1). When there is no such session "failure" {category, message,
    retryAfterMs} says why, unless they were closed for their age and no command needed one since. At most `parallel` pipelines run at once; the other commands wait here. A command is not started at or after its notAfter. When Exchange asks
    to slow down, the command waits and is tried again; when a session broke under a Get or Set that has printed no row, it is run once more.

    .PARAMETER Request
    Base64 of {"start": [{key, cmdlet, parameters, returns, notAfter}], "hold": [keys], "cancel": [keys], "waitMs", "maxRows", "number"}.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Request
    )

    $step = ConvertFrom-Argument -Text $Request
    $held = [System.Collections.Generic.HashSet[string]]::new()
    foreach ($key in $step.hold) { $null = $held.Add($key) }
    foreach ($key in $step.cancel) { Stop-Command -Key $key }
    foreach ($command in $step.start) { $State.Queue.Add((New-Job -Command $command)) }
    $lines = [System.Collections.Generic.List[string]]::new()
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        Update-EverySession
        # What just ended made room: the next command starts before anything is printed.
        if ($State.Queue.Count -gt 0) { Start-QueuedCommand }
        if ($State.Jobs.Count -gt 0) { Read-Line -Line $lines -Held $held -MaxRows $step.maxRows }
        $left = $step.waitMs - $clock.ElapsedMilliseconds
        if ($lines.Count -gt 0 -or $left -le 0 -or (Test-Call -Step $step.number)) { break }
        Wait-Something -Milliseconds $left
    }
    $end = @{ running = (Get-SessionCount -In 'busy'); queued = $State.Queue.Count; open = (Get-SessionCount -In $OpenStates); calls = ($null -ne $Call.Pipe) }
    if ($end.open -eq 0 -and $null -ne $State.LastError) { $end['failure'] = $State.LastError }
    Write-Reply -Line $lines -End $end
}

function Close-Easgate {
    <#
    .SYNOPSIS
    Closes the sessions, because Exchange counts forgotten ones for a quarter of an hour.

    .DESCRIPTION
    Waits for that, but not for long. Prints one line: {"end":true,"lines":0}.
    #>
    [CmdletBinding()]
    param()

    Close-AndWait
    Write-Reply -Line @() -End @{}
}

Export-ModuleMember -Function 'Open-Easgate', 'Step-Easgate', 'Close-Easgate', 'Send-EasgateRequest', 'Get-EasgateConnectionPoint'
