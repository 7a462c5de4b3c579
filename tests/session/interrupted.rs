//! A signal at any system call of a short run: the line that evaluates the output fails, or gets the whole
//! output. An empty output would be a success for `eval`.

use awsmfa_test_support::{Run, Stage, find_tool};

/// What fails in sh.
const FAILURE: &str = "(exit 1);\n";

/// Runs `awsmfa` under strace; returns the calls of its main thread, and what it printed.
fn traced(stage: &Stage, options: &[&str], args: &[&str]) -> (Vec<String>, Run) {
    let awsmfa = stage.out("bin/awsmfa");
    let trace = stage.out("trace");
    let strace = ["strace", "-f", "-qq", "-o", trace.to_str().unwrap()];
    let awsmfa = [awsmfa.to_str().unwrap()];
    let run = Run::execute(&mut stage.command(&[&strace, options, &awsmfa, args].concat()));
    let trace = stage.written("trace");
    let lines = trace.lines().filter_map(|line| line.split_once(' '));
    let main = trace.split(' ').next().unwrap_or_default();
    let calls = lines.filter(|(pid, _)| *pid == main);
    let calls = calls.map(|(_, call)| call.trim_start().to_owned());
    (calls.collect(), run)
}

/// The calls from the one that begins like this on: each name, and its number among those of this name.
fn points(calls: &[String], from: &str) -> Vec<(String, usize)> {
    let mut counts = std::collections::HashMap::new();
    let mut points = Vec::new();
    let mut is_on = false;
    for call in calls {
        let Some((name, _)) = call.split_once('(') else {
            continue;
        };
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            continue;
        }
        let count = counts.entry(name.to_owned()).or_insert(0);
        *count += 1;
        is_on |= call.starts_with(from);
        if is_on && name != "exit_group" {
            points.push((name.to_owned(), *count));
        }
    }
    points
}

#[track_caller]
fn assert_never_silent(stage: &Stage, args: &[&str], output: &str, every: usize) {
    let (calls, run) = traced(stage, &[], args);
    assert_eq!(run.stdout, output, "{run:?}");
    // From here on signals are heard.
    let points = points(&calls, "rt_sigaction(SIGTERM, {");
    assert!(points.len() > 20, "{calls:?}");
    for (name, number) in points.into_iter().skip(1).step_by(every) {
        let inject = format!("inject={name}:signal=TERM:when={number}");
        let (calls, run) = traced(stage, &["-e", "trace=all", "-e", &inject], args);
        let is_sent = calls.iter().any(|call| call.starts_with("--- SIGTERM"));
        let is_failure = run.code != 0 && run.stdout == FAILURE;
        assert!(
            is_failure || run.stdout == output,
            "{inject}: {run:?}\n{calls:#?}"
        );
        if is_sent && is_failure && output != FAILURE {
            assert!(
                run.stderr.contains("interrupted (SIGTERM)"),
                "{inject}: {run:?}"
            );
        }
    }
}

#[test]
fn unset_is_never_silent() {
    if find_tool("strace").is_none() {
        return;
    }
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&[&code]);
    let args = ["unset", "--shell", "sh"];
    let output = stage.awsmfa(&args).stdout;
    assert!(output.contains("unset "), "{output}");
    assert_never_silent(&stage, &args, &output, 1);
}

#[test]
fn env_is_never_silent() {
    if find_tool("strace").is_none() {
        return;
    }
    // Up to the question for which there is no terminal.
    assert_never_silent(&Stage::new(), &["env", "--shell", "sh"], FAILURE, 3);
}
