#!/bin/sh
# Builds awsmfa from this checkout and installs it for one user; install.sh --help says more.
set -eu

usage() {
    cat <<'TEXT'
Builds awsmfa from this checkout and installs it into $PREFIX/bin, its manual into $PREFIX/share/man.

Usage: [PREFIX=DIR] ./install.sh [--uninstall | --help]

  --uninstall  remove the installed program again
  --help       print this text

PREFIX is ~/.local unless set. Needs cargo (https://rustup.rs); never asks for root.
TEXT
}

# say LINE…
say() {
    printf '%s\n' "$@"
}

# die STATUS MESSAGE [HINT]
die() {
    printf 'install.sh: %s\n' "$2" >&2
    [ -z "${3-}" ] || printf 'hint: %s\n' "$3" >&2
    exit "$1"
}

# quote WORD: for bash, zsh, sh and fish to read back as it is.
quote() {
    printf "'%s'\n" "$(printf '%s\n' "$1" | sed "s/'/'\\\\''/g")"
}

resolve_bindir() {
    prefix=${PREFIX-}
    if [ -z "$prefix" ]; then
        [ -n "${HOME-}" ] || die 1 'neither HOME nor PREFIX is set' \
            'say where to install: PREFIX=/some/folder ./install.sh'
        prefix=$HOME/.local
    fi
    case $prefix in
    *:*) die 1 "PREFIX contains a colon, which PATH cannot hold: $prefix" ;;
    /*) ;;
    *) prefix=$PWD/$prefix ;;
    esac
    bindir=${prefix%/}/bin
    mandir=${prefix%/}/share/man/man1
    program=$bindir/awsmfa
}

enter_checkout() {
    checkout=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
    grep -q '^name = "awsmfa-env"$' "$checkout/Cargo.toml" 2>/dev/null ||
        die 1 "$checkout is not a checkout of awsmfa" \
            'clone the repository and run the install.sh in it'
    cd -- "$checkout"
}

# at_least WANTED FOUND: compares versions of three numbers.
at_least() {
    printf '%s\n%s\n' "$1" "$2" | awk -F '[.-]' '
        NR == 1 { for (i = 1; i <= 3; i++) wanted[i] = $i + 0 }
        NR == 2 {
            for (i = 1; i <= 3; i++) {
                if ($i + 0 > wanted[i]) exit 0
                if ($i + 0 < wanted[i]) exit 1
            }
        }'
}

resolve_cargo() {
    cargo=$(command -v cargo) || cargo=${CARGO_HOME:-${HOME-}/.cargo}/bin/cargo
    [ -x "$cargo" ] || die 1 'cargo was not found' 'install Rust from https://rustup.rs'
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    found=$("$cargo" --version) || die 1 "$cargo --version failed"
    found=${found#cargo }
    found=${found%% *}
    at_least "$wanted" "$found" ||
        die 1 "Rust $wanted or newer is needed; $cargo is $found" 'update it: rustup update stable'
}

prepare_bindir() {
    if ! mkdir -p -- "$bindir" 2>/dev/null || [ ! -w "$bindir" ]; then
        die 1 "cannot write to $bindir" 'choose another folder: PREFIX=/some/folder ./install.sh'
    fi
    [ ! -d "$program" ] || die 1 "$program is a folder"
}

build() {
    # Where to look for the program must not depend on the user's cargo settings.
    unset CARGO_BUILD_TARGET
    built=$checkout/target/release/awsmfa
    "$cargo" build --release --locked --package awsmfa-env --bin awsmfa \
        --target-dir "$checkout/target" ||
        die 1 'the build failed'
    [ -f "$built" ] || die 1 "the build left no $built"
}

# Never leaves half a program: one that runs keeps its file, and a failure changes nothing.
place() {
    temporary=$bindir/.awsmfa.$$
    trap 'rm -f -- "$temporary"' EXIT
    trap 'exit 1' HUP INT TERM
    if ! { cp -- "$built" "$temporary" && chmod 755 "$temporary" && mv -f -- "$temporary" "$program"; }; then
        die 1 "cannot write $program"
    fi
}

# The manual is an extra: without it the program is installed all the same.
place_manual() {
    if ! { mkdir -p -- "$mandir" && cp -- "$checkout"/man/awsmfa*.1 "$mandir"/; } 2>/dev/null; then
        say "The manual could not be written to $mandir"
    fi
}

# Says what is left to do in the user's own shell.
advise() {
    # The texts are for the user's shell to expand.
    # shellcheck disable=SC2016,SC2088
    case ${SHELL-} in
    */fish)
        rc='~/.config/fish/config.fish'
        line="fish_add_path $(quote "$bindir")"
        start='awsmfa env 123456 | source'
        end='awsmfa unset | source'
        spare='awsmfa init fish | source'
        ;;
    *)
        case ${SHELL-} in
        */bash) rc='~/.bashrc' spare='eval "$(awsmfa init bash)"' ;;
        */zsh) rc='~/.zshrc' spare='eval "$(awsmfa init zsh)"' ;;
        *) rc='~/.profile' spare='' ;;
        esac
        line="export PATH=$(quote "$bindir"):\"\$PATH\""
        start='eval "$(awsmfa env 123456)"'
        end='eval "$(awsmfa unset)"'
        ;;
    esac
    say "Installed $program"
    case :$PATH: in
    *:"$bindir":*)
        first=$(command -v awsmfa) || first=$program
        [ "$first" = "$program" ] || say "But $first comes before it on PATH."
        ;;
    *) say '' "$bindir is not on PATH. Add this line to $rc and open a new shell:" "  $line" ;;
    esac
    say '' 'Start a session with the code of your MFA device, and end it:' "  $start" "  $end"
    [ -z "$spare" ] ||
        say '' "With this line in $rc, awsmfa env 123456 alone does it, and Tab completes:" "  $spare"
}

uninstall() {
    if [ ! -e "$program" ] && [ ! -L "$program" ]; then
        say "Nothing to remove: there is no $program"
        return
    fi
    rm -f -- "$program" "$mandir"/awsmfa.1 "$mandir"/awsmfa-*.1 || die 1 "cannot remove $program"
    say "Removed $program"
}

main() {
    [ "$#" -le 1 ] || die 2 'at most one option is taken' 'see ./install.sh --help'
    case ${1-} in
    --help | -h) usage ;;
    --uninstall)
        resolve_bindir
        uninstall
        ;;
    '')
        resolve_bindir
        enter_checkout
        resolve_cargo
        prepare_bindir
        build
        place
        place_manual
        advise
        ;;
    *) die 2 "unknown option: $1" 'see ./install.sh --help' ;;
    esac
}

main "$@"
