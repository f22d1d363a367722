<#
.SYNOPSIS
What easgate's relay needs of Windows itself: secrets, access lists, tasks and the event log.

.DESCRIPTION
The relay's programs start this script (relay/windows/windowsScript.ts) and write one JSON object to its standard input, never to its argument
list, which others can read. The property "operation" names one of the operations in the table below; the other properties are that
operation's input, told above its function in one of the script's parts (folder windows). The script prints one line of JSON:
{"ok":true,...} or {"ok":false,"error":{"category":"...","message":"..."}}.

Secrets are protected by DPAPI with the key of the computer, and with entropy from a file that only SYSTEM, administrators and the account of
the service may read. Not with the key of an account: nobody can log on as a group managed service account to protect a secret for it, and the
keys of an account whose profile is not loaded get lost. So the access list of the entropy file is what ties a secret to the account.

Runs on Windows PowerShell 5.1, and on PowerShell 7. No message repeats a secret.

.EXAMPLE
'{"operation":"restrictFolder","folder":"C:\\ProgramData\\easgate\\state","account":"CONTOSO\\svc-easgate$"}' | powershell.exe -NoProfile -File .\Invoke-EasgateWindows.ps1
#>
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
# With -File the host reads standard input and hands it over in $input. A param block would make it bind the lines to parameters instead.
$Received = @($input)

# --- The operations by name; add a line and, in a part, a function -----------------------------------------------------------------------

$Operations = @{
    # windows/Secrets.ps1
    protect             = 'Invoke-Protect'
    unprotect           = 'Invoke-Unprotect'
    # windows/Folders.ps1
    restrictFolder      = 'Invoke-RestrictFolder'
    # windows/Tasks.ps1
    installTask         = 'Invoke-InstallTask'
    uninstallTask       = 'Invoke-UninstallTask'
    taskState           = 'Invoke-TaskState'
    serviceState        = 'Invoke-ServiceState'
    # windows/Events.ps1
    registerEventSource = 'Invoke-RegisterEventSource'
    removeEventSource   = 'Invoke-RemoveEventSource'
    writeEvents         = 'Invoke-WriteEvent'
}

# All are loaded for every operation: one may use what another part has.
$Parts = @('Secrets', 'Folders', 'Tasks', 'Events')

# --- What every operation uses -----------------------------------------------------------------------------------------------------------

# Ends the operation with an error that the relay can tell apart by its category.
function Stop-Operation {
    param([string] $Category, [string] $Message)
    $failure = New-Object -TypeName System.InvalidOperationException -ArgumentList $Message
    $failure.Data['category'] = $Category
    throw $failure
}

# A property of the input, checked: present, a text, not empty.
function Get-Text {
    param($From, [string] $Name)
    $value = Get-Optional -From $From -Name $Name
    if ($value -isnot [string] -or $value -eq '') { Stop-Operation -Category 'badInput' -Message "The input has no text '$Name'." }
    $value
}

# A property of the input, or $null.
function Get-Optional {
    param($From, [string] $Name)
    $property = $From.PSObject.Properties[$Name]
    if ($null -eq $property) { return $null }
    $property.Value
}

# --- The call ----------------------------------------------------------------------------------------------------------------------------

function Read-Request {
    param([object[]] $Line)
    $text = ($Line -join "`n").Trim()
    if ($text -eq '') { $text = [Console]::In.ReadToEnd().Trim() }
    # What is not JSON is not quoted in the error either: it may hold a secret.
    try { $request = ConvertFrom-Json -InputObject $text } catch { $request = $null }
    if ($null -eq $request -or $request -isnot [System.Management.Automation.PSCustomObject]) {
        Stop-Operation -Category 'badInput' -Message 'Standard input held no JSON object.'
    }
    $request
}

function Invoke-Request {
    param($Request)
    $name = Get-Text -From $Request -Name 'operation'
    if (-not $Operations.ContainsKey($name)) { Stop-Operation -Category 'badInput' -Message 'The operation is not one that this script has.' }
    if (-not (Test-Windows)) { Stop-Operation -Category 'notWindows' -Message "The operation '$name' needs Windows." }
    & $Operations[$name] -From $Request
}

# True on Windows. $IsWindows exists from PowerShell 6 on; before, there was nothing but Windows.
function Test-Windows {
    $PSVersionTable.PSVersion.Major -lt 6 -or (Get-Variable -Name IsWindows -ValueOnly)
}

# The message without any text of the request that is to stay secret.
function Get-SafeMessage {
    param([string] $Message, $Request)
    $secret = $null
    if ($null -ne $Request) { $secret = Get-Optional -From $Request -Name 'secret' }
    if ($secret -is [string] -and $secret -ne '') { $Message = $Message.Replace($secret, '***') }
    $Message
}

function Get-Category {
    param($Record)
    $data = $Record.Exception.Data
    if ($data.Contains('category')) { return [string] $data['category'] }
    if ($Record.Exception -is [System.UnauthorizedAccessException] -or [string] $Record.CategoryInfo.Category -eq 'PermissionDenied') { return 'accessDenied' }
    'other'
}

# UTF-8 whatever the code page of the console is.
function Write-Answer {
    param([hashtable] $Answer)
    $bytes = [System.Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $Answer -Compress -Depth 6) + "`n")
    $stream = [Console]::OpenStandardOutput()
    $stream.Write($bytes, 0, $bytes.Length)
    $stream.Flush()
}

$Request = $null
try {
    # Loaded in here, so that a part that is missing, damaged or blocked is answered like any other failure.
    foreach ($part in $Parts) {
        $file = Join-Path -Path $PSScriptRoot -ChildPath (Join-Path -Path 'windows' -ChildPath ($part + '.ps1'))
        try { . $file }
        catch { Stop-Operation -Category 'notWhole' -Message "easgate is not installed whole: $file cannot be loaded. Unblock its package and unpack it again. $($_.Exception.Message)" }
    }
    $Request = Read-Request -Line $Received
    $answer = Invoke-Request -Request $Request
    $answer['ok'] = $true
}
catch {
    $answer = @{ ok = $false; error = @{ category = (Get-Category -Record $_); message = (Get-SafeMessage -Message $_.Exception.Message -Request $Request) } }
}
Write-Answer -Answer $answer
