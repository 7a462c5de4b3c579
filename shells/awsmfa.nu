# The command awsmfa for Nushell: `awsmfa env` and `awsmfa unset` act on the calling shell, everything
# else goes to the program.

def "nu-complete awsmfa" [context: string] {
    let words = $context | split row --regex '\s+'
    ^awsmfa complete --shell nu --word ($words | last) -- ...($words | drop)
    | lines
    | each {|line|
        let parts = $line | split row --number 2 "\t"
        {value: $parts.0, description: $parts.1?}
    }
}

def --env --wrapped awsmfa [...words: string@"nu-complete awsmfa"] {
    # With --shell or --help the user wants to see the output.
    let seen = $words | any {|word| $word =~ '^(-h|--help|-s.*|--shell(=.*)?|--print-secrets)$' }
    if $words.0? not-in [env unset] or $seen {
        ^awsmfa ...$words
    } else {
        # Evaluate the output of a failing call, too.
        let called = ^awsmfa $words.0 --shell nu ...($words | skip 1) | complete
        print --stderr --no-newline $called.stderr
        let changes = $called.stdout | from json | default {}
        hide-env --ignore-errors ...($changes | columns | where {|name| ($changes | get $name) == null })
        load-env ($changes | columns | where {|name| ($changes | get $name) != null } | reduce --fold {} {|name, all| $all | insert $name ($changes | get $name) })
        if $called.exit_code != 0 {
            error make --unspanned {msg: $"awsmfa: failed with status ($called.exit_code)"}
        }
    }
}
