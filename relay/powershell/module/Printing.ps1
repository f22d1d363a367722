# What a step prints: rows and outcomes of the jobs as lines of JSON, and the last line that counts them.

$ReplyCharacters = 1000000

$Output = New-Object -TypeName 'System.IO.StreamWriter' -ArgumentList ([Console]::OpenStandardOutput()), (New-Object -TypeName 'System.Text.UTF8Encoding' -ArgumentList $false), 65536
$Output.NewLine = "`n"
$Output.AutoFlush = $false

# Every job in turn; one that has more rows than fit goes to the end of the line.
function Read-Line {
    param([System.Collections.Generic.List[string]] $Line, [System.Collections.Generic.HashSet[string]] $Held, [int] $MaxRows)
    $room = @{ Rows = $MaxRows; Characters = $ReplyCharacters }
    foreach ($job in $State.Jobs.ToArray()) {
        # Asked a hundred times a second of everything that runs, and mostly nothing has come.
        if ($null -eq $job.Outcome -and $job.Rows.Count -eq 0 -and $job.Buffer.Count -eq 0) { continue }
        $isHeld = $Held.Contains($job.Key)
        if (-not $isHeld) { Move-Row -Job $job }
        if ($job.Cancelled) { $job.Rows.Clear() }
        $key = ConvertTo-Json -InputObject $job.Key -Compress
        if (-not $isHeld -and $job.Rows.Count -gt 0) { Add-Row -Line $Line -Job $job -Key $key -Room $room }
        if ($job.Rows.Count -gt 0) {
            $null = $State.Jobs.Remove($job)
            $State.Jobs.Add($job)
        }
        elseif ($null -ne $job.Outcome) {
            $null = $State.Jobs.Remove($job)
            $Line.Add('{"key":' + $key + ',"done":' + (ConvertTo-Json -InputObject $job.Outcome -Compress -Depth 5) + '}')
        }
    }
}

function Move-Row {
    param([hashtable] $Job)
    if ($null -eq $Job.Buffer) { return }
    $rows = $Job.Rows
    $isWanted = $Job.Returns.Count -gt 0
    foreach ($object in $Job.Buffer.ReadAll()) {
        if ($isWanted -and $null -ne $object) { $rows.Enqueue($object) }
    }
}

function Write-Reply {
    param([System.Collections.Generic.List[string]] $Line, [hashtable] $End)
    $count = 0
    if ($null -ne $Line) { $count = $Line.Count }
    if ($count -gt 0) { $Output.WriteLine([string]::Join("`n", $Line)) }
    $last = @{ end = $true; lines = $count }
    foreach ($name in $End.Keys) { $last[$name] = $End[$name] }
    $Output.WriteLine((ConvertTo-Json -InputObject $last -Compress -Depth 5))
    $Output.Flush()
}
