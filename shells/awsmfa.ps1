# The function awsmfa for PowerShell: `awsmfa env` and `awsmfa unset` act on the shell that calls
# them, all else goes to the program.
#
# The variables are set by .NET: what Invoke-Expression runs stands in the script-block log, secrets
# included. No secret is assigned to a variable either, which Set-PSDebug -Trace 2 would show.
function global:awsmfa {
    $program = Get-Command -Name awsmfa -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1
    if (-not $program) {
        $global:LASTEXITCODE = 127
        Write-Error 'awsmfa: the program is not on PATH'
        return
    }
    # PowerShell takes a code for a number, which as a string is again what was typed, and a,b for a list.
    $words = @(foreach ($arg in $args) { $arg -join ',' })
    $verb = $words | Select-Object -First 1
    $rest = @($words | Select-Object -Skip 1)
    # Whoever names the shell, or asks for help, wants to see what is printed.
    $seen = $words -cmatch '^(-h|--help|-s.*|--shell(=.*)?|--print-secrets)$'
    if (@('env', 'unset') -cnotcontains $verb -or $seen) {
        if ($verb -ceq 'exec' -and $words -cnotcontains '--') {
            $global:LASTEXITCODE = 2
            Write-Error "awsmfa: PowerShell keeps a bare -- to itself; quote it: awsmfa exec '--' COMMAND"
            return
        }
        & $program @words
        return
    }
    # Else a failing program would end this function before what it printed is read.
    $PSNativeCommandUseErrorActionPreference = $false
    # Nushell's statements are a JSON object of names and values, in which null removes. It is not
    # read by ConvertFrom-Json, which makes dates of strings.
    foreach ($change in [regex]::Matches((& $program $verb --shell nu @rest), '"(\w+)":(?:null|"((?:[^"\\]|\\.)*)")')) {
        if ($change.Groups[2].Success) {
            [Environment]::SetEnvironmentVariable($change.Groups[1].Value, [regex]::Unescape($change.Groups[2].Value), 'Process')
        } else {
            [Environment]::SetEnvironmentVariable($change.Groups[1].Value, [NullString]::Value, 'Process')
        }
    }
    if ($LASTEXITCODE -ne 0) {
        Write-Error "awsmfa: failed with status $LASTEXITCODE"
    }
}

Register-ArgumentCompleter -Native -CommandName awsmfa -ScriptBlock {
    param($word, $command, $position)
    $before = @($command.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } |
            ForEach-Object { $_.Extent.Text })
    $program = Get-Command -Name awsmfa -CommandType Application | Select-Object -First 1
    & $program complete --shell powershell "--word=$word" '--' @before 2>$null | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
