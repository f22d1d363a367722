# Rows as lines of JSON, by PowerShell; and by RowText.cs as soon as a list has turned out to be long, because PowerShell would need a minute
# for the devices of a large company. It is compiled beside the work, once. Where that is not allowed (AppLocker, Constrained Language Mode)
# or does not work, PowerShell prints on.

$LongList = 500

$Printer = @{ File = (Join-Path -Path $PSScriptRoot -ChildPath '../RowText.cs'); Rows = 0; Shell = $null; Async = $null; Type = $null }

# Takes rows from the job's queue and adds them to the lines, until the room is used up.
function Add-Row {
    param([System.Collections.Generic.List[string]] $Line, [hashtable] $Job, [string] $Key, [hashtable] $Room)
    $before = $Line.Count
    if ($null -ne $Printer.Type) { $Room.Characters -= $Printer.Type::Print($Line, $Key, $Job.Rows, $Job.Returns, $Room.Rows, $Room.Characters) }
    else {
        $left = $Room.Rows
        while ($Job.Rows.Count -gt 0 -and $left -gt 0 -and $Room.Characters -gt 0) {
            $text = '{"key":' + $Key + ',"row":' + (ConvertTo-RowText -Object $Job.Rows.Dequeue() -Name $Job.Returns) + '}'
            $Line.Add($text)
            $left -= 1
            $Room.Characters -= $text.Length
        }
        $Printer.Rows += $Line.Count - $before
        if ($Printer.Rows -ge $LongList) { Update-Printer }
    }
    $Room.Rows -= $Line.Count - $before
    if ($Line.Count -gt $before) { $Job.HasRows = $true }
}

# Compiles in a runspace of its own, meanwhile PowerShell prints. Nothing that comes from outside is a part of the code.
function Update-Printer {
    if ($null -eq $Printer.File) { return }
    try {
        if ($null -eq $Printer.Shell) {
            $Printer.Shell = [System.Management.Automation.PowerShell]::Create()
            $null = $Printer.Shell.AddCommand('Add-Type').AddParameter('Path', $Printer.File).AddParameter('IgnoreWarnings', $true)
            $Printer.Async = $Printer.Shell.BeginInvoke()
        }
        if (-not $Printer.Async.IsCompleted) { return }
        $null = $Printer.Shell.EndInvoke($Printer.Async)
        $Printer.Type = 'Easgate.RowText' -as [type]
    }
    catch { $null = $_ }
    # Once only: what does not work now does not work later, and its outcome is not kept.
    $Printer.File = $null
    if ($null -ne $Printer.Shell) { $Printer.Shell.Dispose() }
    $Printer.Shell = $null
}
