# The event log: its source and its entries.

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
