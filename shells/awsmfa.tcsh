# awsmfa for tcsh, sourced by the alias awsmfa: `awsmfa env` and `awsmfa unset` act on the calling shell,
# everything else goes to the program.
set awsmfa_acts = 0
if ($#argv) then
    if ("$argv[1]" == env || "$argv[1]" == unset) set awsmfa_acts = 1
endif
if ($awsmfa_acts) then
    # `set echo` and `set verbose` would show the secrets, and statements must not be globbed.
    set awsmfa_options = ($?echo $?verbose $?noglob $?prompt)
    unset echo verbose
    set noglob
    # In a backquote the statements are for what reads them: this prints them and gives 3.
    \awsmfa captured tcsh $$ '' $awsmfa_options[4] $argv:q
    set awsmfa_status = $status
    if ($awsmfa_status == 0) then
        # A backquote between quotation marks would split the arguments.
        eval `\awsmfa $argv[1]:q --shell tcsh $argv[2-]:q`
        set awsmfa_status = $status
    else if ($awsmfa_status == 3) then
        set awsmfa_status = 0
    endif
    if (! $awsmfa_options[3]) unset noglob
    if ($awsmfa_options[2]) set verbose
    if ($awsmfa_options[1]) set echo
    unset awsmfa_options
else
    \awsmfa $argv:q
    set awsmfa_status = $status
endif
eval "unset awsmfa_acts awsmfa_status; /bin/sh -c 'exit $awsmfa_status'"
