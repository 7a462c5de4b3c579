//! `status` and `profiles` at a terminal: colours, and lines that fit.

use awsmfa_test_support::Stage;
use awsmfa_test_support::terminal::Terminal;

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";

/// What this command shows in a shell with a session, and its exit code.
fn in_a_session(options: &str, variables: &[(&str, &str)], command: &str) -> (String, i32) {
    let stage = Stage::new();
    let line = format!(
        "eval \"$(awsmfa env {options} {} 2>/dev/null)\" || exit 99; {command}",
        stage.code()
    );
    let command = stage
        .terminal_command(&["bash", "-c", &line])
        .envs(variables.iter().copied());
    let mut terminal = Terminal::showing(command, 40);
    let status = terminal.wait().code().unwrap();
    (terminal.shown().to_owned(), status)
}

#[test]
fn status_is_green_yellow_or_red() {
    let (shown, status) = in_a_session("", &[], "awsmfa status");
    assert!(shown.contains(GREEN) && shown.contains("left"), "{shown}");
    assert_eq!(status, 0);

    let (shown, status) = in_a_session("--duration 15m", &[], "awsmfa status");
    assert!(
        shown.contains(YELLOW) && shown.contains("14m left"),
        "{shown}"
    );
    assert!(!shown.contains(GREEN), "{shown}");
    assert_eq!(status, 0);

    let over = "AWS_CREDENTIAL_EXPIRATION=2020-01-01T00:00:00Z awsmfa status";
    let (shown, status) = in_a_session("", &[], over);
    assert!(shown.contains(RED) && shown.contains("expired"), "{shown}");
    assert_eq!(status, 4);
}

#[test]
fn status_has_no_colours_where_none_are_wanted() {
    for (variables, command) in [
        (&[("NO_COLOR", "1")][..], "awsmfa status"),
        (&[("TERM", "dumb")], "awsmfa status"),
        (&[], "awsmfa status | cat"),
        (&[], "awsmfa status --format json"),
        (&[], "awsmfa status --format prompt"),
    ] {
        let (shown, status) = in_a_session("", variables, command);
        assert_eq!(status, 0, "{command}: {shown}");
        assert!(shown.contains("default"), "{command}: {shown}");
        assert!(!shown.contains('\x1b'), "{command} {variables:?}: {shown}");
    }
}

#[test]
fn status_fits_a_narrow_terminal() {
    let (shown, status) = in_a_session("-p dev", &[("NO_COLOR", "1")], "awsmfa status");
    assert_eq!(status, 0, "{shown}");
    assert_fits(&shown);
    assert!(shown.contains("dev (role dev in"), "{shown}");
    assert!(
        shown.contains("arn:aws:iam::111122223333:role/dev"),
        "{shown}"
    );
}

#[test]
fn profiles_fit_the_terminal() {
    let files = "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
                 [profile lost]\nregion = eu-central-1\n";
    let stage = Stage::new();
    let credentials = std::fs::read_to_string(stage.home.path().join(".aws/credentials")).unwrap();
    let mut stage = Stage::with_files(files, &credentials);
    stage.set("NO_COLOR", "1");
    for (columns, header) in [
        (
            120,
            "  PROFILE  KIND      ACCOUNT       REGION        SOURCE  MFA DEVICE",
        ),
        (40, "  PROFILE  KIND      ACCOUNT"),
    ] {
        let command = stage.terminal_command(&["awsmfa", "profiles"]);
        let mut terminal = Terminal::showing(command, columns);
        assert_eq!(terminal.wait().code(), Some(0));
        let shown = terminal.shown();
        assert_eq!(shown.lines().next(), Some(header), "{shown}");
        assert!(
            shown.contains("\r\n  default  keys      123456789012"),
            "{shown}"
        );
        if columns == 40 {
            assert_fits(shown);
        }
    }
}

/// Only a line that ends in an unbreakable word, an ARN or a path, may be too long.
#[track_caller]
fn assert_fits(shown: &str) {
    for line in shown.lines() {
        let last = line.split_whitespace().last().unwrap_or_default();
        let fits = line.chars().count() <= 40 || last.starts_with("arn:") || last.starts_with('/');
        assert!(fits, "{line:?} in\n{shown}");
    }
}
