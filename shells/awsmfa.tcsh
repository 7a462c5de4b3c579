# awsmfa for tcsh, to be sourced by the alias awsmfa: `awsmfa env` and `awsmfa unset` act on the
# shell that calls them, all else goes to the program.
set awsmfa_evaluated = 0
if ($#argv) then
    if ("$argv[1]" == env || "$argv[1]" == unset) set awsmfa_evaluated = 1
    foreach awsmfa_word ($argv:q)
        # Whoever names the shell, or asks for help, wants to see what is printed.
        switch ("$awsmfa_word")
        case -h:
        case --help:
        case -s*:
        case --shell:
        case --shell=*:
        case --print-secrets:
            set awsmfa_evaluated = 0
        endsw
    end
    unset awsmfa_word
endif
if ($awsmfa_evaluated) then
    # `set echo` and `set verbose` would show the secrets, and the statements are no patterns.
    set awsmfa_options = ($?echo $?verbose $?noglob)
    unset echo verbose
    set noglob
    # In a backquote between quotation marks the arguments would come apart.
    eval `\awsmfa $argv[1]:q --shell tcsh $argv[2-]:q`
    set awsmfa_status = $status
    if (! $awsmfa_options[3]) unset noglob
    if ($awsmfa_options[2]) set verbose
    if ($awsmfa_options[1]) set echo
    unset awsmfa_options
else
    \awsmfa $argv:q
    set awsmfa_status = $status
endif
eval "unset awsmfa_evaluated awsmfa_status; /bin/sh -c 'exit $awsmfa_status'"
