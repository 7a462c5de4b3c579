//! README's table of programs that print keys and codes. pass, oathtool and PowerShell are real; for each other
//! program a stand-in prints what the program is documented to print, if it is called exactly as README says.

use std::fs;

use awsmfa_test_support::{Accounts, Run, Stage, find_tool, missing};

/// A row of the table: whose it is, the command for keys, the command for codes.
fn rows() -> Vec<[String; 3]> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, table) = readme
        .split_once("| from | keys: `credential_process =` |")
        .unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let row = row.replace("\\|", "\0");
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let cells: [&str; 3] = cells.try_into().unwrap();
        cells.map(|cell| cell.trim().trim_matches('`').replace('\0', "|"))
    })
    .collect()
}

/// The programs, the arguments that they are called with, and what they print: `KEYS` on one line or `DOCUMENT`
/// on several, or `CODE`.
const STAND_INS: &[(&str, &str, &str)] = &[
    ("gopass", "show --password aws", "KEYS"),
    ("gopass", "otp --password aws", "CODE\n"),
    ("op", "read op://Private/aws/notesPlain", "KEYS\n"),
    ("op", "item get aws --otp", "CODE\n"),
    ("bw", "get notes aws", "DOCUMENT"),
    ("bw", "get totp aws", "CODE"),
    (
        "keepassxc-cli",
        "show -q --no-password -k /keys/aws.key -a Notes /keys/aws.kdbx aws",
        "DOCUMENT\n",
    ),
    (
        "keepassxc-cli",
        "show -q --no-password -k /keys/aws.key -t /keys/aws.kdbx aws",
        "CODE\n",
    ),
    ("security", "find-generic-password -s aws -w", "KEYS\n"),
    ("ykman", "oath accounts code --single aws", "CODE\n"),
];

const KEYS: &str = r#"{"Version": 1, "AccessKeyId": "ID", "SecretAccessKey": "SECRET"}"#;

fn keys() -> String {
    KEYS.replace("ID", Accounts::ALICE_KEY)
        .replace("SECRET", Accounts::ALICE_SECRET)
}

/// A machine with the programs, and keys in a program of its own.
fn stage() -> Stage {
    let stage = Stage::with_files("", "");
    let document = keys().replace(", ", ",\n  ");
    let mut names: Vec<&str> = STAND_INS.iter().map(|(name, ..)| *name).collect();
    names.dedup();
    for name in names {
        let mut script = "case \"$*\" in\n".to_owned();
        for (index, (its, arguments, printed)) in STAND_INS.iter().enumerate() {
            if *its == name {
                let text = printed
                    .replace("DOCUMENT", &document)
                    .replace("KEYS", &keys());
                let text = stage.write(&format!("{name}-{index}"), text);
                let text = text.display();
                let case = format!("'{arguments}') sed \"s/CODE/$CODE/\" '{text}';;\n");
                script += &case;
            }
        }
        stage.program(
            name,
            &(script + "*) echo \"called with $*\" >&2; exit 64;;\nesac"),
        );
    }
    stage
}

/// A password store with what README's commands print. False, and said, if pass or its extension is missing.
fn fill_store(stage: &Stage) -> bool {
    if find_tool("pass").is_none() {
        return false;
    }
    stage.write("document", keys().replace(", ", ",\n"));
    let seed = stage.emulator.device("alice").secret_base32();
    stage.write("seed", format!("{seed}\n"));
    stage.write("uri", format!("otpauth://totp/aws?secret={seed}\n"));
    let fill = "set -e\n\
                gpg --batch --quiet --passphrase '' --quick-gen-key aws default default never\n\
                pass init aws\n\
                pass insert --multiline aws-keys <document\n\
                pass insert --multiline aws-seed <seed\n\
                pass otp insert aws <uri\n";
    let filled = stage.script(&["bash", "--norc"], fill);
    if filled.code != 0 {
        missing(&format!("pass with its extension otp ({})", filled.stderr));
    }
    filled.code == 0
}

/// Whether a command of README can run here.
fn is_possible(command: &str, has_pass: bool) -> bool {
    let has = |program, tool| !command.contains(program) || find_tool(tool).is_some();
    !command.is_empty()
        && (has_pass || !command.starts_with("pass "))
        && has("powershell", "pwsh")
        && has("oathtool", "oathtool")
}

/// `Get-StoredCredential` of the module `CredentialManager`, for the real PowerShell.
const MODULE: &str = "function Get-StoredCredential {\n\
    param([string] $Target)\n\
    if ($Target -ne 'aws') { return }\n\
    $secret = ConvertTo-SecureString (Get-Content -Raw \"$env:OUT/stored\") -AsPlainText -Force\n\
    [PSCredential]::new('aws', $secret)\n}\n";

/// Tries each row that has a command in this column, as the value of a profile key, with a code.
fn each_recipe_works(
    mut stage: Stage,
    column: usize,
    key: &str,
    start: impl Fn(&mut Stage, String) -> Run,
) {
    let has_pass = fill_store(&stage);
    let mut tried = 0;
    for row in rows() {
        let (from, command) = (&row[0], &row[column]);
        if !is_possible(command, has_pass) {
            continue;
        }
        stage.home.write_config(&format!(
            "[default]\n\
             {key} = {command}\n\
             mfa_serial = arn:aws:iam::123456789012:mfa/alice\n"
        ));
        stage.emulator.forget_codes();
        let code = stage.code();
        let run = start(&mut stage, code);
        assert_eq!(run.code, 0, "{from}: {run:?}");
        tried += 1;
        assert_eq!(
            stage.emulator.log().count("GetSessionToken"),
            tried,
            "{from}"
        );
        stage.unset();
    }
    assert!(tried >= 5);
}

#[test]
fn each_recipe_for_keys_works() {
    let stage = stage();
    let module = ".local/share/powershell/Modules/CredentialManager/CredentialManager.psm1";
    stage.home.write(module, MODULE);
    stage.write("stored", keys());
    stage.program("powershell", "exec pwsh \"$@\"");
    each_recipe_works(stage, 1, "credential_process", |stage, code| {
        stage.eval(&["env", &code])
    });
}

#[test]
fn each_recipe_for_codes_works() {
    let stage = stage();
    stage.home.write_credentials(&format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET
    ));
    each_recipe_works(stage, 2, "mfa_process", |stage, code| {
        stage.set("CODE", code);
        stage.eval(&["env"])
    });
}
