//! The real cmd, with README's line and with the batch file of `init`.

use awsmfa::shell::by_name;

use crate::machine::Machine;

/// Runs a batch file and returns the lines that it prints.
fn lines(first_on_path: &[(&str, &str)], script: &str) -> Vec<String> {
    let machine = Machine::new();
    for (name, text) in first_on_path {
        let text = text.replace('\n', "\r\n");
        machine.home.write(format!("first/{name}"), text);
    }
    let script = machine.with_codes(script).replace('\n', "\r\n");
    machine.home.write("script.bat", script);
    machine.lines(&["cmd.exe", "/d", "/c", "script.bat"])
}

/// A session, its status, its end and a failure, each with this line.
fn life(line: &str) -> String {
    let by = |verb: &str| line.replace("VERB", verb);
    format!(
        "@echo off\n\
         {}\n\
         echo %errorlevel% %AWS_ACCESS_KEY_ID:~0,4%, profile %AWS_PROFILE%.\n\
         awsmfa.exe status >nul\n\
         echo status %errorlevel%\n\
         {}\n\
         if not defined AWS_ACCESS_KEY_ID echo %errorlevel%, profile %AWS_PROFILE%\n\
         {}\n\
         echo status %errorlevel%\n\
         exit /b 0\n",
        by("env <code>"),
        by("unset"),
        by("env 12345")
    )
}

const LIFE: [&str; 4] = [
    "0 ASIA, profile .",
    "status 0",
    "0, profile default",
    "status 2",
];

const FOR: &str = "for /f \"delims=\" %%i in ('awsmfa VERB') do @%%i";

fn batch_file() -> String {
    let function = by_name("cmd").unwrap().function.as_ref();
    function.unwrap().scripts.concat()
}

#[test]
fn by_the_line_of_the_table() {
    assert_eq!(lines(&[], &life(FOR)), LIFE);
}

#[test]
fn by_the_batch_file() {
    let function = batch_file();
    let first = [("awsmfa.bat", &*function)];
    assert_eq!(lines(&first, &life("call awsmfa VERB")), LIFE);
}

/// README's line works beside the batch file.
#[test]
fn by_the_line_of_the_table_with_the_batch_file() {
    let function = batch_file();
    let first = [("awsmfa.bat", &*function)];
    assert_eq!(lines(&first, &life(FOR)), LIFE);
}

/// In a batch file that another one calls, and in a block.
#[test]
fn nested() {
    let function = batch_file();
    let first = [
        ("awsmfa.bat", &*function),
        ("inner.bat", "@call awsmfa %*\n@exit /b %errorlevel%\n"),
    ];
    let script = "@echo off\n\
                  if exist script.bat (\n\
                  call inner env <code>\n\
                  )\n\
                  echo %errorlevel% %AWS_ACCESS_KEY_ID:~0,4%\n\
                  call inner env 12345\n\
                  echo %errorlevel%\n\
                  call awsmfa exec --renew-within 15m -- cmd /d /c exit 7\n\
                  echo %errorlevel%\n\
                  exit /b 0\n";
    assert_eq!(lines(&first, script), ["0 ASIA", "2", "7"]);
}
