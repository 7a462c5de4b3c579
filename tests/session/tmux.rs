//! A session for new panes and windows of a real tmux.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

use awsmfa::shell::{Change, by_name};
use awsmfa::value::Value;
use awsmfa_test_support::{Run, Stage, Variables, find_tool};

#[path = "../shells/values.rs"]
mod values;

/// A name that shells and tmux would take apart without quotes.
const PROFILE: &str = "it's #{pid} $HOME; x";

/// A tmux server at a socket of its own, with the stage's environment as it was at the start.
struct Server {
    tmux: [OsString; 5],
    /// How many scripts ran inside. Each has a file of its own, since sh may still read the one before.
    scripts: Cell<usize>,
}

impl Server {
    fn start(stage: &Stage) -> Option<Self> {
        let socket = stage.out("socket").into_os_string();
        let [config, null, option] = ["-f", "/dev/null", "-S"].map(OsString::from);
        let tmux = [find_tool("tmux")?.into(), config, null, option, socket];
        let scripts = Cell::new(0);
        let server = Self { tmux, scripts };
        server.bash(stage, "TMUX new-session -d -x 80 -y 24 'sleep 600'");
        Some(server)
    }

    fn line(&self, line: &str) -> String {
        let tmux: Vec<_> = self.tmux.iter().map(|it| it.to_string_lossy()).collect();
        line.replace("TMUX", &tmux.join(" "))
    }

    /// Runs a line of bash outside the server, which must succeed.
    #[track_caller]
    fn bash(&self, stage: &Stage, line: &str) {
        let run = self.try_bash(stage, line);
        assert_eq!(run.code, 0, "{line}: {run:?}");
    }

    fn try_bash(&self, stage: &Stage, line: &str) -> Run {
        Run::execute(&mut stage.command(&["bash", "-c", &self.line(line)]))
    }

    /// Runs a line of sh in a new window or pane, to its end, which must be a success.
    #[track_caller]
    fn inside(&self, stage: &Stage, opens: &str, line: &str) {
        let script = self.line(&format!(
            "{{ {line}\n}} 2>\"$OUT/inside.err\"\n\
             echo $? >\"$OUT/inside.code\"\n\
             TMUX wait-for -S done\n"
        ));
        self.scripts.set(self.scripts.get() + 1);
        let script = stage.write(&format!("inside-{}.sh", self.scripts.get()), script);
        let script = script.display();
        let line = format!("TMUX {opens} 'sh {script}' && timeout 60 TMUX wait-for done");
        self.bash(stage, &line);
        let ended = [stage.written("inside.code"), stage.written("inside.err")];
        assert_eq!(ended, ["0\n", ""]);
    }

    /// The variables of AWS and awsmfa in a new window.
    fn variables(&self, stage: &Stage) -> Variables {
        self.inside(stage, "new-window", "env -0 >\"$OUT/dump\"");
        let mut variables = stage.dumped("dump");
        variables.retain(|name, _| name.starts_with("AWS"));
        variables
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let [tmux, options @ ..] = &self.tmux;
        let mut kill = Command::new(tmux);
        let _ = kill.args(options).arg("kill-server").output();
    }
}

fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.add_config(&format!(
        "[profile \"{PROFILE}\"]\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         region = eu-central-1\n\
         source_profile = default\n\
         role_arn = arn:aws:iam::111122223333:role/dev\n"
    ));
    stage.set("AWS_PROFILE", PROFILE);
    stage
}

#[test]
fn every_value_reaches_a_new_window_unchanged() {
    let row = by_name("tmux").unwrap();
    let render = |changes: &[Change]| (row.grammar.render)(changes).ok();
    let mut changes = Vec::new();
    let mut expected = Variables::new();
    for value in values::all() {
        let Ok(text) = String::from_utf8(value) else {
            continue;
        };
        let name = format!("AWS_{}", changes.len());
        let change = Change::Set(name.clone().into(), Value::from(text.as_str()));
        // Together they must fit into an environment.
        if text.len() < 10_000 && render(std::slice::from_ref(&change)).is_some() {
            changes.push(change);
            expected.insert(name, text);
        }
    }
    assert!(changes.len() > 100, "{}", changes.len());
    let stage = Stage::new();
    let Some(server) = Server::start(&stage) else {
        return;
    };
    let source = "TMUX source-file - <commands";
    stage.write("commands", &*render(&changes).unwrap().statements);
    server.bash(&stage, source);
    let before = stage.aws();
    let mut variables = server.variables(&stage);
    variables.retain(|name, _| !before.contains_key(name));
    assert_eq!(variables, expected);

    // `source-file` ends with the status of a failure.
    stage.write("commands", (row.grammar.failure)(7));
    assert_eq!(server.try_bash(&stage, source).code, 7);
    let nothing = render(&[]).unwrap().statements;
    stage.write("commands", &*nothing);
    server.bash(&stage, source);
}

#[test]
fn new_panes_and_windows_have_the_session_until_one_of_them_ends_it() {
    let stage = stage();
    let Some(server) = Server::start(&stage) else {
        return;
    };
    let before = server.variables(&stage);
    assert_eq!(before["AWS_PROFILE"], PROFILE);

    // A failure is loud and changes nothing.
    let env = |words: &str| format!("awsmfa env --shell tmux {words} | TMUX source-file -");
    let failed = server.try_bash(&stage, &env("12345"));
    assert_eq!(failed.code, 2, "{failed:?}");
    assert_eq!(server.variables(&stage), before);

    server.bash(&stage, &env(&stage.code()));
    let status = "awsmfa status --format json >\"$OUT/status\"";
    for opens in ["new-window", "split-window"] {
        server.inside(&stage, opens, status);
        let status = stage.written("status");
        assert!(status.contains("\"live\""), "{opens}: {status}");
        assert!(
            status.contains(&format!("{PROFILE:?}")),
            "{opens}: {status}"
        );
    }
    let during = server.variables(&stage);
    assert!(!during.contains_key("AWS_PROFILE"));
    let secrets = during.iter().filter(|(name, _)| {
        (name.contains("SECRET") || name.contains("TOKEN")) && !name.contains("GIVEN")
    });
    let secrets: Vec<&String> = secrets.map(|(_, value)| value).collect();
    assert!(secrets.len() >= 4, "{during:?}");
    stage.write("dump", "");
    nothing_shows(&stage, &secrets);

    // A pane from before the session has nothing to undo.
    server.bash(&stage, "awsmfa unset --shell tmux | TMUX source-file -");
    assert_eq!(server.variables(&stage), during);
    server.inside(
        &stage,
        "new-window",
        "awsmfa unset --shell tmux | TMUX source-file -",
    );
    assert_eq!(server.variables(&stage), before);
}

/// The session of this shell goes to the server without a code, whatever was there.
#[test]
fn the_live_session_is_handed_on() {
    let mut stage = stage();
    let Some(server) = Server::start(&stage) else {
        return;
    };
    let before = server.variables(&stage);
    let env = "awsmfa env --shell tmux | TMUX source-file -";
    let code = stage.code();
    stage.env(&["-p", "default", &code]);
    assert_eq!(server.try_bash(&stage, env).code, 0);
    assert_eq!(
        server.variables(&stage)["AWSMFA_TARGET_PROFILE"],
        "default",
        "the first session"
    );
    stage.env(&["-p", PROFILE]);
    let to_region = "awsmfa env --shell tmux --region us-west-2 | TMUX source-file -";
    assert_eq!(server.try_bash(&stage, to_region).code, 0);
    let during = server.variables(&stage);
    let mut here = stage.variables.clone();
    here.retain(|name, _| name.starts_with("AWS"));
    assert_eq!(during["AWS_REGION"], "us-west-2");
    for (name, value) in &here {
        if !name.contains("REGION") {
            assert_eq!(during.get(name), Some(value), "{name}");
        }
    }
    assert_eq!(during.len(), here.len());
    assert_eq!(stage.requests().1, 1, "one code");
    server.inside(
        &stage,
        "new-window",
        "awsmfa unset --shell tmux | TMUX source-file -",
    );
    assert_eq!(server.variables(&stage), before);
}

/// No file of the test and no argument list contains a secret.
fn nothing_shows(stage: &Stage, secrets: &[&String]) {
    let is_shown = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        secrets.iter().any(|secret| text.contains(secret.as_str()))
    };
    let mut folders = vec![stage.out("."), stage.home.path().to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                seen += 1;
                assert!(!is_shown(&fs::read(entry.path()).unwrap()), "{entry:?}");
            }
        }
    }
    assert!(seen > 3);
    for process in fs::read_dir("/proc").into_iter().flatten() {
        // It may have ended.
        let arguments = fs::read(process.unwrap().path().join("cmdline"));
        assert!(!is_shown(&arguments.unwrap_or_default()));
    }
}
