//! The statements for every shell, for people to read.

use awsmfa::shell::{Change, SHELLS};
use awsmfa::value::Value;

#[test]
fn statements_of_every_shell() {
    let set = |name: &'static str, value: &str| Change::Set(name.into(), Value::from(value));
    let start = [
        set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        set(
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        set("AWS_SESSION_TOKEN", "AQoDYXdzEJr1K+example+session/token=="),
        set("AWS_CREDENTIAL_EXPIRATION", "2026-11-25T09:12:00Z"),
        Change::Unset("AWS_PROFILE".into()),
        Change::Unset("AWS_SECURITY_TOKEN".into()),
    ];
    let end = [
        Change::Unset("AWS_ACCESS_KEY_ID".into()),
        Change::Unset("AWS_SECRET_ACCESS_KEY".into()),
        Change::Unset("AWS_SESSION_TOKEN".into()),
        Change::Unset("AWS_CREDENTIAL_EXPIRATION".into()),
        set("AWS_PROFILE", "dev"),
    ];
    for shell in SHELLS {
        let render = |changes: &[Change]| {
            let rendered = (shell.grammar.render)(changes).unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            (text(&rendered.statements), text(&rendered.announcement))
        };
        let (statements, announcement) = render(&start);
        let command = shell.command_line(&["awsmfa", "env", "-p", "it's me", "123456"]);
        let page = [
            ("line", shell.line_for(&command)),
            ("set", statements),
            ("announcement", announcement),
            ("unset", render(&end).0),
            ("nothing to do", render(&[]).0),
            ("failure", (shell.grammar.failure)(1)),
        ]
        .map(|(title, text)| format!("# {title}\n{}\n", text.trim_end()))
        .join("\n");
        insta::assert_snapshot!(shell.name, page);
    }
}
