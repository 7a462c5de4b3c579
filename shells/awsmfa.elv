# The function awsmfa for Elvish: `awsmfa env` and `awsmfa unset` act on the calling shell, everything
# else goes to the program.
var awsmfa~ = {|@words|
    use str
    var evaluated = (and (> (count $words) 0) (or (eq $words[0] env) (eq $words[0] unset)))
    for word $words {
        # With --shell or --help the user wants to see the output.
        if (or (has-value [-h --help --shell --print-secrets] $word) (str:has-prefix $word -s) (str:has-prefix $word --shell=)) {
            set evaluated = $false
        }
    }
    if (not $evaluated) {
        (external awsmfa) $@words
    } else {
        var failure = $ok
        # Evaluate the output of a failing call, too.
        eval ({ try { (external awsmfa) $words[0] --shell elvish (all $words[1..]) } catch e { set failure = $e } } | slurp)
        if $failure { nop } else { fail $failure }
    }
}

# Definitions inside eval end with it, so the function is added to the editor, which a script does not have.
if ?(eval 'nop $edit:') {
    eval &ns=(ns [&awsmfa~=$awsmfa~]) '
edit:add-var awsmfa~ $awsmfa~
set edit:completion:arg-completer[awsmfa] = {|@words|
    (external awsmfa) complete --word $words[-1] -- (all $words[..-1]) 2>/dev/null | from-lines | each {|line|
        use str
        var value @help = (str:split "\t" $line)
        edit:complex-candidate $value &display=(str:join "  " [$value $@help])
    }
}'
}
