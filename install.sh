#!/bin/sh
# Installs awsmfa for one user, from a checkout or from a release; see install.sh --help.
set -eu

# Where the releases are: the `repository` of Cargo.toml, which is missing if only this script was
# downloaded.
repository=https://github.com/OWNER_NOT_SET/awsmfa

usage() {
    cat <<TEXT
Build awsmfa from this checkout, or download a release, and install it into \$PREFIX/bin,
its manual into \$PREFIX/share/man.

Usage: [PREFIX=DIR] ./install.sh [--release [VERSION] | --uninstall | --help]

  --release [VERSION]  download instead of build, and check the SHA-256 sum [default: the newest]
  --uninstall          remove the installed program and its manual
  --help               print this text

PREFIX defaults to ~/.local. Never asks for root. A build needs cargo (https://rustup.rs),
a release needs curl or wget. Releases: $repository/releases
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

have() {
    command -v "$1" >/dev/null 2>&1
}

# quote WORD: in a form that bash, zsh, sh and fish read back unchanged.
quote() {
    printf "'%s'\n" "$(printf '%s\n' "$1" | sed "s/'/'\\\\''/g")"
}

# What an interrupted or failed run must remove.
work='' temporary=''
clean_up() {
    [ -z "$work" ] || rm -rf -- "$work"
    [ -z "$temporary" ] || rm -f -- "$temporary"
}

resolve_bindir() {
    prefix=${PREFIX-}
    if [ -z "$prefix" ]; then
        [ -n "${HOME-}" ] || die 1 'neither HOME nor PREFIX is set' \
            'say where to install: PREFIX=/some/folder ./install.sh'
        prefix=$HOME/.local
    fi
    case $prefix in
    *:*) die 1 "PREFIX contains a colon, which PATH cannot carry: $prefix" ;;
    /*) ;;
    *) prefix=$PWD/$prefix ;;
    esac
    bindir=${prefix%/}/bin
    mandir=${prefix%/}/share/man/man1
    # Git Bash and the like: Windows does not start a program without this extension.
    case $(uname -s) in
    MINGW* | MSYS* | CYGWIN*) exe=.exe ;;
    *) exe='' ;;
    esac
    program=$bindir/awsmfa$exe
}

enter_checkout() {
    checkout=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
    grep -q '^name = "awsmfa-env"$' "$checkout/Cargo.toml" 2>/dev/null ||
        die 1 "$checkout is not a checkout of awsmfa" \
            'clone the repository and run its install.sh, or download a release: install.sh --release'
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
    [ -x "$cargo" ] || die 1 'cargo was not found' \
        'install Rust from https://rustup.rs, or download a release: ./install.sh --release'
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
    # The user's cargo settings must not change where the program is built.
    unset CARGO_BUILD_TARGET
    built=$checkout/target/release/awsmfa$exe
    pages=$checkout/man
    "$cargo" build --release --locked --package awsmfa-env --bin awsmfa \
        --target-dir "$checkout/target" ||
        die 1 'the build failed'
    [ -f "$built" ] || die 1 "the build left no $built"
}

# resolve_version WORD: with or without the v of the tag.
resolve_version() {
    version=${1#v}
    case $version in
    *[!0-9A-Za-z.-]*) ;;
    [0-9]*.[0-9]*.[0-9]*) return ;;
    esac
    die 2 "not a version: '$1'" 'give it as in --release 1.2.3'
}

# The release's name for this machine. The Linux programs are static, so they run with glibc and musl.
resolve_target() {
    system=$(uname -s) machine=$(uname -m)
    suffix=tar.gz
    case $machine in
    x86_64 | amd64) cpu=x86_64 ;;
    aarch64 | arm64) cpu=aarch64 ;;
    *) cpu='' ;;
    esac
    case $system in
    Linux) target=$cpu-unknown-linux-musl ;;
    Darwin)
        # Under Rosetta, an Apple chip looks like Intel's.
        [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" != 1 ] || cpu=aarch64
        target=$cpu-apple-darwin
        ;;
    MINGW* | MSYS* | CYGWIN*) target=$cpu-pc-windows-msvc suffix=zip ;;
    *) cpu='' ;;
    esac
    [ -n "$cpu" ] || die 1 "no release for $system on $machine" \
        'build it: clone the repository and run ./install.sh'
}

resolve_tools() {
    if have curl; then
        downloader=curl
    elif have wget; then
        downloader=wget
    else
        die 1 'neither curl nor wget was found'
    fi
    if have sha256sum; then
        hasher=sha256sum
    elif have shasum; then
        hasher='shasum -a 256'
    elif have openssl; then
        hasher='openssl dgst -sha256 -r'
    else
        die 1 'cannot check the SHA-256 sum: no sha256sum, shasum or openssl was found'
    fi
    [ "$suffix" != zip ] || have unzip || die 1 'unzip was not found'
}

# download URL FILE MESSAGE: prints MESSAGE if the server does not have the file.
download() {
    if [ "$downloader" = curl ]; then
        # A redirect must not leave https.
        curl --proto "=${1%%:*}" --fail --silent --show-error --location --retry 2 \
            --connect-timeout 20 --speed-limit 1 --speed-time 60 --output "$2" "$1"
    else
        wget -t 3 -O "$2" "$1"
    fi 2>"$work/errors" && return
    # Both programs end with the reason of the failure; wget adds an empty line.
    reason=$(awk 'NF { last = $0 } END { print last }' "$work/errors")
    case $reason in
    *' 404' | *' 404'[!0-9]*) die 1 "$3" "see $repository/releases" ;;
    *) die 1 "${reason:-$downloader failed} (while downloading $1)" \
        'check the network; behind a proxy set https_proxy' ;;
    esac
}

# download_release VERSION: an empty one means the newest.
download_release() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/awsmfa.XXXXXX") || die 1 'cannot create a temporary folder'
    if [ -n "$1" ]; then
        download "$repository/releases/download/v$1/SHA256SUMS" "$work/SHA256SUMS" \
            "there is no release $1 of awsmfa"
    else
        download "$repository/releases/latest/download/SHA256SUMS" "$work/SHA256SUMS" \
            'there is no release of awsmfa yet'
    fi
    # The fields of a line: checksum, blanks, name.
    name='' wanted=''
    while read -r sum file; do
        # shellcheck disable=SC2254 # where no version is given, * matches any
        case $file in
        */*) ;;
        awsmfa-${1:-*}-"$target.$suffix") name=${file%".$suffix"} wanted=$sum ;;
        esac
    done <"$work/SHA256SUMS"
    [ -n "$name" ] || die 1 "the release lists no SHA-256 sum for $target; nothing was installed" \
        "see $repository/releases"
    version=${name#awsmfa-}
    version=${version%"-$target"}

    archive=$name.$suffix
    download "$repository/releases/download/v$version/$archive" "$work/$archive" \
        "release $version has no $archive"
    found=$($hasher <"$work/$archive") || die 1 "$hasher failed"
    found=${found%% *}
    [ "$found" = "$wanted" ] ||
        die 1 "the SHA-256 sum of $archive is wrong; nothing was installed" \
            "expected $wanted, got $found; try again, and report it if this persists"

    if [ "$suffix" = zip ]; then
        unzip -q "$work/$archive" -d "$work"
    else
        tar -xzf "$work/$archive" -C "$work"
    fi || die 1 "cannot unpack $archive"
    built=$work/$name/awsmfa$exe
    pages=$work/$name/man
    "$built" --version >/dev/null 2>"$work/errors" ||
        die 1 "the program of $archive does not run on this machine: $(cat "$work/errors")"
}

# Never leaves half a program: a running one keeps its file, and a failure changes nothing.
place() {
    temporary=$bindir/.awsmfa.$$
    if ! { cp -- "$built" "$temporary" && chmod 755 "$temporary" && mv -f -- "$temporary" "$program"; }; then
        die 1 "cannot write $program"
    fi
}

# The program works without its manual, so a failure here does not stop.
place_manual() {
    if ! { mkdir -p -- "$mandir" && cp -- "$pages"/awsmfa*.1 "$mandir"/; } 2>/dev/null; then
        say "The manual could not be written to $mandir"
    fi
}

# Says what is left to do in the user's shell.
advise() {
    # The user's shell expands these texts.
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
        [ "$first" = "$program" ] || [ "$first$exe" = "$program" ] ||
            say "But $first comes before it on PATH."
        ;;
    *) say '' "$bindir is not on PATH. Add this line to $rc and open a new shell:" "  $line" ;;
    esac
    say '' 'Start a session with the code of your MFA device, and end it:' "  $start" "  $end"
    [ -z "$spare" ] ||
        say '' "With this line in $rc you type just awsmfa env 123456, and Tab completes:" "  $spare"
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
    trap clean_up EXIT
    trap 'exit 1' HUP INT TERM
    at_most=1
    [ "${1-}" != --release ] || at_most=2
    [ "$#" -le "$at_most" ] || die 2 'too many arguments' 'see ./install.sh --help'
    case ${1-} in
    --help | -h) usage ;;
    --uninstall)
        resolve_bindir
        uninstall
        ;;
    --release)
        version=''
        [ "$#" -eq 1 ] || resolve_version "$2"
        resolve_bindir
        resolve_target
        resolve_tools
        prepare_bindir
        download_release "$version"
        place
        place_manual
        advise
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
