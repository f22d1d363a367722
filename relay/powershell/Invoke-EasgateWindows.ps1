<#
.SYNOPSIS
What easgate's relay needs of Windows itself: secrets, access lists and, by further operations, tasks and the event log.

.DESCRIPTION
The relay's programs start this script (relay/windows/windowsScript.ts) and write one JSON object to its standard input, never to its argument
list, which others can read. The property "operation" names one of the operations at the end of this file; the other properties are that
operation's input. The script prints one line of JSON: {"ok":true,...} or {"ok":false,"error":{"category":"...","message":"..."}}.

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

# True on Windows. $IsWindows exists from PowerShell 6 on; before, there was nothing but Windows.
function Test-Windows {
    $PSVersionTable.PSVersion.Major -lt 6 -or (Get-Variable -Name IsWindows -ValueOnly)
}

function Test-Elevated {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList $identity
    $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

# The well-known accounts by their ids: their names differ from language to language.
function New-Sid {
    param([string] $Value)
    New-Object -TypeName System.Security.Principal.SecurityIdentifier -ArgumentList $Value
}

function Get-AccountSid {
    param([string] $Account)
    try {
        $name = New-Object -TypeName System.Security.Principal.NTAccount -ArgumentList $Account
        $name.Translate([System.Security.Principal.SecurityIdentifier])
    }
    catch [System.Security.Principal.IdentityNotMappedException] {
        Stop-Operation -Category 'accountUnknown' -Message "The account '$Account' is not known here. Write it as DOMAIN\name; a group managed service account ends in `$."
    }
}

# --- Secrets -----------------------------------------------------------------------------------------------------------------------------

# {"secret","entropyFile"} gives {"protected"}: base64 of the cipher text. Makes the entropy where there is none.
function Invoke-Protect {
    param($From)
    $secret = Get-Text -From $From -Name 'secret'
    $entropyFile = Get-Text -From $From -Name 'entropyFile'
    Add-Type -AssemblyName System.Security
    $folder = [System.IO.Path]::GetDirectoryName($entropyFile)
    if (-not (Test-Restricted -Folder $folder)) {
        Stop-Operation -Category 'folderOpen' -Message "The folder $folder is not closed to other accounts, so no secret is protected with a file in it. Run 'easgate-relay join' or 'configure' with --service-account from an elevated prompt."
    }
    if (-not [System.IO.File]::Exists($entropyFile)) { New-Entropy -File $entropyFile }
    $entropy = Read-Entropy -File $entropyFile
    $clear = [System.Text.Encoding]::UTF8.GetBytes($secret)
    try {
        $cipher = [System.Security.Cryptography.ProtectedData]::Protect($clear, $entropy, [System.Security.Cryptography.DataProtectionScope]::LocalMachine)
    }
    finally {
        [Array]::Clear($clear, 0, $clear.Length)
    }
    @{ protected = [Convert]::ToBase64String($cipher) }
}

# {"protected":[...],"entropyFile"} gives {"secrets":[{"secret"} or {"problem"}, ...]}, in the same order.
function Invoke-Unprotect {
    param($From)
    $texts = @(Get-Optional -From $From -Name 'protected')
    $entropyFile = Get-Text -From $From -Name 'entropyFile'
    Add-Type -AssemblyName System.Security
    $entropy = Read-Entropy -File $entropyFile
    $secrets = @(foreach ($text in $texts) { Open-Secret -Text $text -Entropy $entropy })
    @{ secrets = $secrets }
}

function Open-Secret {
    param([string] $Text, [byte[]] $Entropy)
    try {
        $cipher = [Convert]::FromBase64String($Text)
        $clear = [System.Security.Cryptography.ProtectedData]::Unprotect($cipher, $Entropy, [System.Security.Cryptography.DataProtectionScope]::LocalMachine)
        @{ secret = [System.Text.Encoding]::UTF8.GetString($clear) }
    }
    catch [System.FormatException] {
        @{ problem = 'it is not base64; run easgate-relay join or configure again' }
    }
    catch [System.Security.Cryptography.CryptographicException] {
        @{ problem = 'DPAPI cannot open it: it was protected on another computer, or with another entropy file; run easgate-relay join or configure again on this computer' }
    }
}

function New-Entropy {
    param([string] $File)
    $bytes = New-Object -TypeName byte[] -ArgumentList 64
    $random = [System.Security.Cryptography.RandomNumberGenerator]::Create()
    $random.GetBytes($bytes)
    # CreateNew: two programs that start at once must not each write their own. What is allowed on it comes from the folder.
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList $File, ([System.IO.FileMode]::CreateNew), ([System.IO.FileAccess]::Write), ([System.IO.FileShare]::None)
    try {
        $stream.Write($bytes, 0, $bytes.Length)
        $stream.Flush($true)
    }
    finally {
        $stream.Dispose()
    }
}

function Read-Entropy {
    param([string] $File)
    try {
        $bytes = [System.IO.File]::ReadAllBytes($File)
    }
    catch [System.UnauthorizedAccessException] {
        Stop-Operation -Category 'accessDenied' -Message "This account may not read $File, so it cannot open the relay's secrets. Run 'easgate-relay configure' with --service-account from an elevated prompt."
    }
    catch [System.IO.FileNotFoundException] {
        Stop-Operation -Category 'entropyMissing' -Message "$File is not there; without it no secret can be opened. Restore it, or run 'easgate-relay join' and 'configure' again."
    }
    catch [System.IO.DirectoryNotFoundException] {
        Stop-Operation -Category 'entropyMissing' -Message "The folder of $File is not there; without that file no secret can be opened. Restore it, or run 'easgate-relay join' and 'configure' again."
    }
    if ($bytes.Length -ne 64) {
        Stop-Operation -Category 'entropyMissing' -Message "$File is damaged ($($bytes.Length) bytes, not 64). Restore it, or delete it and run 'easgate-relay join' and 'configure' again."
    }
    # The comma keeps the bytes together: a pipeline would hand them over one by one.
    , $bytes
}

# --- Access lists ------------------------------------------------------------------------------------------------------------------------

# {"folder","account"?,"rights"?:"read"|"modify"}: makes the folder, takes it off inheritance and lets in SYSTEM, administrators and the
# account, and nobody else. Without an account, the one that a former call let in stays in. Gives what it found and did not trust.
function Invoke-RestrictFolder {
    param($From)
    $folder = Get-Text -From $From -Name 'folder'
    $account = Get-Optional -From $From -Name 'account'
    if (-not (Test-Elevated)) {
        Stop-Operation -Category 'notElevated' -Message "Setting the access list of $folder needs administrator's rights. Start the command from an elevated prompt."
    }
    $sid = $null
    if ($account) { $sid = Get-AccountSid -Account $account }
    $item = [System.IO.Directory]::CreateDirectory($folder)
    if (($item.Attributes -band [System.IO.FileAttributes]::ReparsePoint) -ne 0) {
        Stop-Operation -Category 'folderOpen' -Message "$folder is a link to another place. Name the folder itself."
    }
    $wasRestricted = Test-Restricted -Folder $folder
    $accounts = @($sid | Where-Object { $null -ne $_ })
    if ($wasRestricted -and $accounts.Count -eq 0) { $accounts = @(Get-LetIn -Folder $folder) }
    $right = 'Modify'
    if ((Get-Optional -From $From -Name 'rights') -eq 'read') { $right = 'ReadAndExecute' }
    Set-Acl -LiteralPath $folder -AclObject (New-FolderAcl -Account $accounts -Right $right)
    $moved = @()
    if (-not $wasRestricted) {
        $moved = @(Move-UntrustedFile -Folder $folder)
        Reset-Child -Folder $folder
    }
    @{ folder = $folder; accounts = @($accounts | ForEach-Object { $_.Value }); movedAside = $moved }
}

# Others could write to the folder until now, so an entropy or a key in it may be one that they know. It is not deleted: it may be needed.
function Move-UntrustedFile {
    param([string] $Folder)
    foreach ($name in @('relay.entropy', 'relay.key.json')) {
        $file = [System.IO.Path]::Combine($Folder, $name)
        if ([System.IO.File]::Exists($file)) {
            $aside = $file + '.untrusted-' + [DateTime]::UtcNow.ToString('yyyyMMddHHmmss', [System.Globalization.CultureInfo]::InvariantCulture)
            [System.IO.File]::Move($file, $aside)
            $aside
        }
    }
}

# True when the folder is off inheritance, belongs to administrators or SYSTEM, and lets nobody in by a group that many are in.
function Test-Restricted {
    param([string] $Folder)
    if (-not [System.IO.Directory]::Exists($Folder)) { return $false }
    $acl = Get-Acl -LiteralPath $Folder
    if (-not $acl.AreAccessRulesProtected) { return $false }
    $owner = $acl.GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    if (@('S-1-5-18', 'S-1-5-32-544') -notcontains $owner) { return $false }
    # Everyone, Anonymous, Authenticated Users, Interactive, Users, Guests, Domain Users.
    $open = @(Get-AccessRule -Acl $acl | Where-Object { $_.IdentityReference.Value -match '^(S-1-1-0|S-1-5-7|S-1-5-11|S-1-5-4|S-1-5-32-54[56]|S-1-5-21-.*-513)$' })
    $open.Count -eq 0
}

function Get-AccessRule {
    param($Acl)
    $Acl.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier]) | Where-Object { $_.AccessControlType -eq 'Allow' }
}

# The accounts besides SYSTEM and administrators that the folder lets in.
function Get-LetIn {
    param([string] $Folder)
    $acl = Get-Acl -LiteralPath $Folder
    $values = @(Get-AccessRule -Acl $acl | ForEach-Object { $_.IdentityReference.Value } | Select-Object -Unique)
    $values | Where-Object { @('S-1-5-18', 'S-1-5-32-544') -notcontains $_ } | ForEach-Object { New-Sid -Value $_ }
}

function New-FolderAcl {
    param([object[]] $Account, [string] $Right)
    $acl = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
    $acl.SetAccessRuleProtection($true, $false)
    $acl.SetOwner((New-Sid -Value 'S-1-5-32-544'))
    $rights = @{ 'S-1-5-18' = 'FullControl'; 'S-1-5-32-544' = 'FullControl' }
    foreach ($one in $Account) { if (-not $rights.ContainsKey($one.Value)) { $rights[$one.Value] = $Right } }
    foreach ($value in $rights.Keys) {
        $rule = New-Object -TypeName System.Security.AccessControl.FileSystemAccessRule -ArgumentList (New-Sid -Value $value), $rights[$value], 'ContainerInherit, ObjectInherit', 'None', 'Allow'
        $acl.AddAccessRule($rule)
    }
    $acl
}

# What was in the folder before gets the folder's access list and nothing else.
function Reset-Child {
    param([string] $Folder)
    foreach ($child in @(Get-ChildItem -LiteralPath $Folder -Force)) {
        # A folder that is closed already keeps its own list: the relay's state lies below its configuration.
        if ($child.PSIsContainer -and (Test-Restricted -Folder $child.FullName)) { continue }
        if ($child.PSIsContainer) { $acl = New-Object -TypeName System.Security.AccessControl.DirectorySecurity }
        else { $acl = New-Object -TypeName System.Security.AccessControl.FileSecurity }
        $acl.SetOwner((New-Sid -Value 'S-1-5-32-544'))
        $acl.SetAccessRuleProtection($false, $false)
        Set-Acl -LiteralPath $child.FullName -AclObject $acl
    }
}

# --- Starting with the computer ----------------------------------------------------------------------------------------------------------

# {"name","description","executable","arguments","folder","account","logon","secret"?,"start"}: registers the task, in the place of one of
# that name. "logon" is Password (an account whose password is "secret", or a group managed service account, for which Windows keeps it) or
# ServiceAccount (one of Windows' own). Gives what taskState gives.
function Invoke-InstallTask {
    param($From)
    $name = Get-Text -From $From -Name 'name'
    $account = Get-Text -From $From -Name 'account'
    $secret = Get-Optional -From $From -Name 'secret'
    $action = New-ScheduledTaskAction -Execute (Get-Text -From $From -Name 'executable') -Argument (Get-Text -From $From -Name 'arguments') -WorkingDirectory (Get-Text -From $From -Name 'folder')
    $task = @{
        TaskName    = $name
        Description = Get-Text -From $From -Name 'description'
        Action      = $action
        Trigger     = Get-TaskTrigger
        Settings    = Get-TaskSetting
        Force       = $true
    }
    if ($secret) {
        $task['User'] = $account
        $task['Password'] = $secret
    }
    else {
        $task['Principal'] = New-ScheduledTaskPrincipal -UserId $account -LogonType (Get-Text -From $From -Name 'logon')
    }
    if ($null -ne (Get-Task -Name $name)) { Stop-Task -Name $name }
    $null = Register-ScheduledTask @task
    if (Get-Optional -From $From -Name 'start') {
        Start-ScheduledTask -TaskName $name
        Wait-Task -Name $name -While @('Queued', 'Ready')
    }
    Get-TaskState -Name $name
}

# At the start of the computer, and every minute: a restart on failure is for a task that could not be started, not for one whose program
# ended by a fault ([MS-TSCH] 2.5.4.2). While it runs, further starts are ignored. Ten years, since "for ever" is written differently from
# Windows version to version.
function Get-TaskTrigger {
    $minute = New-TimeSpan -Minutes 1
    $years = New-TimeSpan -Days 3650
    New-ScheduledTaskTrigger -AtStartup
    New-ScheduledTaskTrigger -Once -At ([DateTime]::Today) -RepetitionInterval $minute -RepetitionDuration $years
}

# Task Scheduler keeps at most 255 restarts, and ends a task after three days unless it is told not to. Priority 5 is that of other programs.
function Get-TaskSetting {
    $settings = @{
        RestartCount               = 255
        RestartInterval            = New-TimeSpan -Minutes 1
        ExecutionTimeLimit         = New-TimeSpan
        MultipleInstances          = 'IgnoreNew'
        Priority                   = 5
        StartWhenAvailable         = $true
        AllowStartIfOnBatteries    = $true
        DontStopIfGoingOnBatteries = $true
        DontStopOnIdleEnd          = $true
    }
    New-ScheduledTaskSettingsSet @settings
}

# {"name"}: stops the task and removes it. Gives {"found"}.
function Invoke-UninstallTask {
    param($From)
    $name = Get-Text -From $From -Name 'name'
    if ($null -eq (Get-Task -Name $name)) { return @{ found = $false } }
    Stop-Task -Name $name
    Unregister-ScheduledTask -TaskName $name -Confirm:$false
    @{ found = $true }
}

# {"name"}: gives {"found"}, and if it is there {"state","account","lastRun","lastResult"}.
function Invoke-TaskState {
    param($From)
    Get-TaskState -Name (Get-Text -From $From -Name 'name')
}

function Get-Task {
    param([string] $Name)
    Get-ScheduledTask -TaskName $Name -ErrorAction 'SilentlyContinue'
}

function Get-TaskState {
    param([string] $Name)
    $task = Get-Task -Name $Name
    if ($null -eq $task) { return @{ found = $false } }
    $info = Get-ScheduledTaskInfo -TaskName $Name
    $lastRun = $null
    if ($null -ne $info.LastRunTime) { $lastRun = $info.LastRunTime.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", [System.Globalization.CultureInfo]::InvariantCulture) }
    @{ found = $true; state = [string] $task.State; account = [string] $task.Principal.UserId; lastRun = $lastRun; lastResult = [long] $info.LastTaskResult }
}

# Disabled first, so that the trigger of the next minute does not start it again.
function Stop-Task {
    param([string] $Name)
    $null = Disable-ScheduledTask -TaskName $Name
    Stop-ScheduledTask -TaskName $Name
    Wait-Task -Name $Name -While @('Running')
}

# Waits until the task is in another state, for ten seconds at the most.
function Wait-Task {
    param([string] $Name, [string[]] $While)
    for ($look = 0; $look -lt 40; $look += 1) {
        $task = Get-Task -Name $Name
        if ($null -eq $task -or $While -notcontains [string] $task.State) { return }
        Start-Sleep -Milliseconds 250
    }
}

# {"name"}: gives {"found"}, and if it is there {"state","account"}.
function Invoke-ServiceState {
    param($From)
    $name = Get-Text -From $From -Name 'name'
    $service = Get-CimInstance -ClassName 'Win32_Service' | Where-Object { $_.Name -eq $name }
    if ($null -eq $service) { return @{ found = $false } }
    @{ found = $true; state = [string] $service.State; account = [string] $service.StartName }
}

# --- Event log ---------------------------------------------------------------------------------------------------------------------------

# {"source"}: gives {"isNew"}. Needs administrator's rights if it is.
function Invoke-RegisterEventSource {
    param($From)
    $source = Get-Text -From $From -Name 'source'
    if (Test-EventSource -Source $source) { return @{ isNew = $false } }
    New-EventLog -LogName 'Application' -Source $source
    @{ isNew = $true }
}

# {"source"}: gives {"found"}. Entries that are there stay, but are shown without their text afterwards.
function Invoke-RemoveEventSource {
    param($From)
    $source = Get-Text -From $From -Name 'source'
    if (-not (Test-EventSource -Source $source)) { return @{ found = $false } }
    Remove-EventLog -Source $source
    @{ found = $true }
}

# Not by [EventLog]::SourceExists, which looks into every log and fails for whoever may not read the one named Security.
function Test-EventSource {
    param([string] $Source)
    Test-Path -LiteralPath ('HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\' + $Source)
}

# {"source","entries":[{"id","level","text"}]}: level is Information, Warning or Error. Gives {"written"}.
function Invoke-WriteEvent {
    param($From)
    $source = Get-Text -From $From -Name 'source'
    $written = 0
    foreach ($entry in @(Get-Optional -From $From -Name 'entries')) {
        Write-EventLog -LogName 'Application' -Source $source -EventId $entry.id -EntryType $entry.level -Message $entry.text
        $written += 1
    }
    @{ written = $written }
}

# --- The operations by name; add a line and a function -----------------------------------------------------------------------------------

$Operations = @{
    protect             = 'Invoke-Protect'
    unprotect           = 'Invoke-Unprotect'
    restrictFolder      = 'Invoke-RestrictFolder'
    installTask         = 'Invoke-InstallTask'
    uninstallTask       = 'Invoke-UninstallTask'
    taskState           = 'Invoke-TaskState'
    serviceState        = 'Invoke-ServiceState'
    registerEventSource = 'Invoke-RegisterEventSource'
    removeEventSource   = 'Invoke-RemoveEventSource'
    writeEvents         = 'Invoke-WriteEvent'
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
    $Request = Read-Request -Line $Received
    $answer = Invoke-Request -Request $Request
    $answer['ok'] = $true
}
catch {
    $answer = @{ ok = $false; error = @{ category = (Get-Category -Record $_); message = (Get-SafeMessage -Message $_.Exception.Message -Request $Request) } }
}
Write-Answer -Answer $answer
