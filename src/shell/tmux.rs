//! Commands for `tmux source-file -`, on the environment that a tmux server gives to new panes and windows.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, posix, sets, text, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    // `source-file` then ends with this status.
    failure: |status| format!("run-shell 'exit {status}'\n"),
    word: posix::GRAMMAR.word,
};

fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    for name in unsets(changes) {
        out.extend_from_slice(format!("set-environment -gu {name}\n").as_bytes());
    }
    for (name, value) in sets(changes) {
        out.extend_from_slice(format!("set-environment -g {name} '").as_bytes());
        for byte in text(name, value)?.bytes() {
            match byte {
                b'\'' => out.extend_from_slice(br"'\''"),
                _ => out.push(byte),
            }
        }
        out.extend_from_slice(b"'\n");
    }
    if changes.is_empty() {
        out.extend_from_slice(b"# nothing to do\n");
    }
    Ok(out.into())
}
