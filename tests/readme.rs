//! Every command line of README.md runs in a clean home with the emulator in place of AWS, or is marked
//! with the reason why it does not.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use awsmfa::environment::VARIABLES;
use awsmfa_test_support::{RealShell, Run, Stage, find_tool};

/// A fenced block of the README.
struct Block {
    language: String,
    text: String,
    /// `<!-- not run: … -->` above it.
    not_run: Option<String>,
    /// `<!-- in a session -->` above it.
    in_session: bool,
}

fn readme() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join("README.md")).unwrap()
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut not_run = None;
    let mut in_session = false;
    let readme = readme();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(reason) = line.strip_prefix("<!-- not run: ") {
            not_run = Some(reason.trim_end_matches(" -->").to_owned());
        } else if line == "<!-- in a session -->" {
            in_session = true;
        } else if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block {
                language: language.to_owned(),
                text: text.join("\n"),
                not_run: not_run.take(),
                in_session: std::mem::take(&mut in_session),
            });
        }
    }
    blocks
}

/// The commands in the table of recipes, by the text of its first column.
fn recipes() -> BTreeMap<String, String> {
    let readme = readme();
    let table = readme.split("| where | how |").nth(1).unwrap();
    table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').splitn(2, '|').collect();
            let code = cells[1].split('`').skip(1).step_by(2).last();
            let first = cells[1].split('`').nth(1);
            // The devcontainer's cell begins with the name of the file; take the second word.
            let is_file = first == Some("devcontainer.json");
            let command = if is_file { code } else { first }.unwrap_or_default();
            (cells[0].trim().to_owned(), command.replace("\\|", "|"))
        })
        .collect()
}

/// The messages in the table of troubles, split at each ….
fn messages() -> Vec<Vec<String>> {
    let readme = readme();
    let table = readme.split("| message | what to do |").nth(1).unwrap();
    table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').nth(1).unwrap())
        .map(|message| message.split('…').map(|p| p.trim().to_owned()).collect())
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines with messages of the program: from the snapshots and the sources.
fn lines_with_messages(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().unwrap_or_default().to_owned();
        if path.is_dir() {
            found.extend(lines_with_messages(&path));
        } else if extension == "snap" || extension == "rs" {
            let text = fs::read_to_string(&path).unwrap();
            // Any file of src may contain a message.
            let of_src = folder.starts_with(root().join("src"));
            let told = |line: &&str| extension == "snap" || of_src && line.contains('"');
            found.extend(text.lines().filter(told).map(str::to_owned));
        }
    }
    found
}

/// A new user's machine: awsmfa on PATH and in ~/.local/bin, the AWS CLI, and a home with keys and a
/// role profile.
fn new_machine() -> Stage {
    let mut stage = Stage::new();
    symlink(stage.out("bin"), stage.home.path().join("bin")).unwrap();
    symlink(stage.home.path(), stage.home.path().join(".local")).unwrap();
    // Programs that print a code, and one that prints an environment.
    stage.program("pass", "cat ~/code");
    stage.program("op", "cat ~/another_code");
    stage.program(
        "docker",
        r#"[ "$1 $2" = "run --env-file" ] && grep -c '^AWS_SESSION_TOKEN=' "$3""#,
    );
    stage.program(
        "terraform",
        "[ \"$1\" = apply ] && aws sts get-caller-identity --query Arn --output text",
    );
    stage.home.write(
        "Makefile",
        "all deploy:\n\t@aws sts get-caller-identity --query Arn --output text\n",
    );
    let github = stage.home.path().join("github_env").display().to_string();
    stage.set("CMD", "cat ~/code").set("GITHUB_ENV", github);
    stage
}

/// Runs a script at home, with a code in place of each 123456.
fn bash(machine: &Stage, script: &str) -> Run {
    machine.home.write("code", machine.code());
    machine.home.write("another_code", machine.code());
    let mut pieces = script.split("123456");
    let mut script = format!("set -euo pipefail\ncd\n{}", pieces.next().unwrap());
    for piece in pieces {
        script.push_str(&machine.code());
        script.push_str(piece);
    }
    machine.script(&["bash"], &script)
}

/// Runs a line as cron does: without a terminal and with almost no environment.
fn cron(machine: &mut Stage, line: &str) -> Run {
    machine.home.write("code", machine.code());
    machine
        .variables
        .retain(|name, _| ["HOME", "CMD", "AWS_ENDPOINT_URL"].contains(&name.as_str()));
    machine.set("PATH", "/usr/bin:/bin");
    let at_home = format!("cd; {line}");
    Run::execute(&mut machine.command(&["/bin/sh", "-c", &at_home]))
}

fn passes(machine: &Stage, script: &str) -> String {
    let run = bash(machine, script);
    assert_eq!(run.code, 0, "{script}\n{run:?}");
    run.stdout
}

#[test]
fn every_block_is_run_or_says_why_not() {
    if find_tool("aws").is_none() {
        return;
    }
    let mut run = 0;
    for block in blocks() {
        if block.language != "sh" || block.not_run.is_some() {
            continue;
        }
        // The emulator has no S3: use the call that it has in place of the one shown.
        let script = block
            .text
            .replace("aws s3 ls", "aws sts get-caller-identity");
        let before = if block.in_session {
            "eval \"$(awsmfa env 123456)\""
        } else {
            ""
        };
        passes(&new_machine(), &format!("{before}\n{script}"));
        run += 1;
    }
    assert!(run >= 5, "only {run} blocks of README.md were run");
}

#[test]
fn only_known_kinds_of_blocks_stand_there() {
    for block in blocks() {
        // tests/terminal runs the blocks for bash, zsh and fish, tests/release the action in the yaml.
        let known = ["sh", "ini", "toml", "bash", "zsh", "fish", "yaml"];
        let known = known.contains(&block.language.as_str());
        assert!(
            known,
            "a block of {:?} is not looked at:\n{}",
            block.language, block.text
        );
    }
}

#[test]
fn the_messages_are_those_of_the_program() {
    let mut lines = lines_with_messages(&root().join("src"));
    lines.extend(lines_with_messages(&root().join("tests")));
    let messages = messages();
    assert!(messages.len() >= 10, "{messages:?}");
    for pieces in messages {
        let told = lines.iter().any(|line| {
            let mut rest = Some(line.as_str());
            for piece in &pieces {
                rest = rest.and_then(|rest| Some(rest.split_once(piece.as_str())?.1));
            }
            rest.is_some()
        });
        assert!(told, "awsmfa says nothing like {:?}", pieces.join(" … "));
    }
}

#[test]
fn the_role_profile_is_one_that_works() {
    let ini = blocks()
        .into_iter()
        .find(|block| block.language == "ini")
        .unwrap();
    let machine = new_machine();
    machine.home.write_config(&ini.text);
    let stdout = passes(
        &machine,
        r#"eval "$(awsmfa env -p dev 123456)"; echo "$AWS_REGION"; eval "$(awsmfa env -p default)""#,
    );
    assert_eq!(stdout, "eu-central-1\n");
    assert_eq!(machine.emulator.log().count_with_token_code(), 1);
}

#[test]
fn starship_shows_the_session_and_nothing_without_one() {
    let toml = blocks()
        .into_iter()
        .find(|block| block.language == "toml")
        .unwrap()
        .text;
    let value = |key: &str| {
        let line = toml.lines().find(|line| line.starts_with(key)).unwrap();
        let quoted = line.split_once("= ").unwrap().1;
        quoted[1..quoted.len() - 1].to_owned()
    };
    let shown = format!(
        "if {}; then {}; else echo nothing; fi",
        value("when"),
        value("command")
    );
    // Starship runs it without -u.
    let script = format!("set +u\n{shown}\neval \"$(awsmfa env 123456)\"\n{shown}");
    assert_eq!(passes(&new_machine(), &script), "nothing\ndefault 11h59m");
}

#[test]
fn the_recipes_work_as_steps_of_a_script() {
    if find_tool("aws").is_none() || find_tool("make").is_none() {
        return;
    }
    let recipes = recipes();
    let recipe = |name: &str| {
        recipes
            .get(name)
            .unwrap_or_else(|| panic!("no recipe {name:?}"))
    };
    let identity = "aws sts get-caller-identity --query Arn --output text";
    let alice = "arn:aws:iam::123456789012:user/alice\n";

    let one_step = format!("{}\n{identity}", recipe("GitHub Actions, one step"));
    assert_eq!(passes(&new_machine(), &one_step), alice);

    let machine = new_machine();
    let run = bash(&machine, recipe("GitHub Actions, across steps"));
    assert_eq!(run.code, 0, "{run:?}");
    let file = fs::read_to_string(machine.home.path().join("github_env")).unwrap();
    let value = |name: &str| {
        let mut lines = file.lines();
        lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    };
    let masks = run.stderr;
    for secret in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        let secret = value(secret).unwrap();
        assert!(masks.contains(&format!("::add-mask::{}", secret.replace('%', "%25"))));
    }
    let next_step = format!("set -a; . \"$GITHUB_ENV\"; set +a; {identity}");
    assert_eq!(passes(&machine, &next_step), alice);

    let gitlab = format!(
        "{}\nset -a; . ./session.env; set +a\n{identity}",
        recipe("GitLab, dotenv")
    );
    assert_eq!(passes(&new_machine(), &gitlab), alice);

    // There the code comes from the terminal, which this test does not have.
    let with_command = |recipe: &str| {
        recipe
            .replace("awsmfa env", "awsmfa env --code-command \"$CMD\"")
            .replace("awsmfa exec", "awsmfa exec --code-command \"$CMD\"")
    };
    assert_eq!(
        passes(&new_machine(), &with_command(recipe("Docker"))),
        "1\n"
    );
    assert_eq!(
        passes(&new_machine(), &with_command(recipe("Makefile"))),
        alice
    );

    let machine = new_machine();
    machine
        .emulator
        .edit(|accounts| accounts.role("dev").max_session_seconds = 43_200);
    assert_eq!(
        passes(&machine, &with_command(recipe("Terraform"))),
        "arn:aws:sts::111122223333:assumed-role/dev/alice\n"
    );

    let machine = new_machine();
    let process = recipe("a named profile")
        .replace("-p default", "-p default --code-command \"cat $HOME/code\"");
    let config = format!("[profile mfa]\nregion = eu-central-1\n{process}\n")
        .replace("$HOME", &machine.home.path().display().to_string());
    machine.home.write_config(&config);
    assert_eq!(
        passes(&machine, &format!("AWS_PROFILE=mfa {identity}")),
        alice
    );
}

#[test]
fn each_profile_key_with_a_variable_is_listed() {
    let mut variables: Vec<(&str, Vec<String>)> = Vec::new();
    for variable in VARIABLES {
        let Some(key) = variable.profile_key() else {
            continue;
        };
        let name = format!("`{}`", variable.name);
        match variables.iter_mut().find(|(its, _)| *its == key) {
            Some((_, names)) => names.push(name),
            None => variables.push((key, vec![name])),
        }
    }
    let rows: Vec<String> = variables
        .iter()
        .map(|(key, names)| format!("| `{key}` | {} |", names.join(", ")))
        .collect();
    // One variable is named after the section's content.
    let table = format!(
        "| profile key | variable |\n|---|---|\n{}\n| `services` | ",
        rows.join("\n")
    );
    assert!(readme().contains(&table), "README.md lacks:\n{table}");
}

#[test]
fn a_devcontainer_gets_what_makes_a_session() {
    let recipe = format!("{{ {} }}", recipes()["devcontainer"]);
    let json: serde_json::Value = serde_json::from_str(&recipe).unwrap();
    let variables = json["remoteEnv"].as_object().unwrap();
    let mut names: Vec<&str> = variables.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN"
        ]
    );
    for name in names {
        assert_eq!(variables[name], format!("${{localEnv:{name}}}"));
    }
}

#[test]
fn a_step_of_pwsh_starts_a_session_or_stops() {
    if !RealShell::named("pwsh").is_installed() {
        return;
    }
    let recipe = &recipes()["GitHub Actions, a pwsh step"];
    let script =
        format!("pwsh -NoProfile -NonInteractive -Command '{recipe}; $env:AWS_ACCESS_KEY_ID'");
    let shown = passes(&new_machine(), &script);
    assert!(shown.starts_with("ASIA"), "{shown}");

    let run = bash(&new_machine(), &format!("export CMD=false\n{script}"));
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
}

#[test]
fn cron_needs_no_terminal_and_no_path() {
    let mut machine = new_machine();
    machine.program("backup", "echo \"by $AWS_ACCESS_KEY_ID\"");
    let run = cron(&mut machine, &recipes()["cron"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.starts_with("by ASIA"), "{run:?}");
}

/// direnv evaluates `.envrc` in its own bash, which inherits the environment of the outer shell.
#[test]
fn direnv_asks_nothing_while_the_session_outside_lives() {
    let machine = new_machine();
    let envrc = recipes()["direnv"].clone();
    machine
        .home
        .write(".envrc", format!("{envrc}\necho \"$AWS_ACCESS_KEY_ID\"\n"));
    let keys = passes(
        &machine,
        "eval \"$(awsmfa env -p dev 123456)\"\n\
         echo \"$AWS_ACCESS_KEY_ID\"\n\
         bash -euo pipefail .envrc\n\
         export AWS_PROFILE=dev\n\
         bash -euo pipefail .envrc",
    );
    let keys: Vec<&str> = keys.lines().collect();
    assert_eq!(keys, [keys[0]; 3]);
    assert_eq!(machine.emulator.log().count_with_token_code(), 1);
}

#[test]
fn the_demonstration_does_what_it_says() {
    let demo = awsmfa_test_support::cargo()
        .args(["run", "--quiet", "--locked", "--example", "demo"])
        .output()
        .unwrap();
    assert!(demo.status.success(), "{demo:?}");
    let shown = String::from_utf8(demo.stdout).unwrap();
    let after = |mark: &str| shown.split_once(mark).expect(mark).1;
    assert!(after("$ aws sts get-caller-identity\n").contains("user/alice"));
    assert!(after("# a code works once\n").starts_with("exit code 1"));
    assert!(after("What AWS saw:\n").starts_with("  GetSessionToken with the code "));
    assert!(after("before and after: ").starts_with(".aws/ .aws/config .aws/credentials"));
}
