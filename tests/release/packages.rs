//! The contents of a release, and the packages made from it: they name files of the release with the
//! right checksums.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use awsmfa_test_support::find_tool;
use serde_json::Value;

use crate::machine::{Machine, assert_succeeds, repository_file, repository_url, text};

const VERSION: &str = env!("CARGO_PKG_VERSION");

const TARGETS: &[&str] = &[
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
];

/// The name of a target's archive, without its extension.
fn name(target: &str) -> String {
    format!("awsmfa-{VERSION}-{target}")
}

fn archive(target: &str) -> String {
    let ending = if target.contains("windows") {
        "zip"
    } else {
        "tar.gz"
    };
    format!("{}.{ending}", name(target))
}

/// Runs a program of packaging/ with the PATH of the tests.
fn packaging(program: &str, arguments: &[&Path]) -> Output {
    let program = repository_file("packaging").join(program);
    let mut command = Command::new(program);
    // Elsewhere this is the date of the commit, which a checkout without history does not have.
    command
        .args(arguments)
        .env("SOURCE_DATE_EPOCH", "1767225600");
    command.output().unwrap()
}

fn pack(machine: &Machine, dist: &str) -> PathBuf {
    let dist = machine.path(dist);
    assert_succeeds(&packaging("archives", &[&machine.path("binaries"), &dist]));
    dist
}

/// The program under test, as if it were the binary of every target.
fn binaries(test: &str) -> Option<Machine> {
    if cfg!(not(target_os = "linux")) {
        return None; // archives are packed only on Linux
    }
    for tool in ["zip", "unzip"] {
        find_tool(tool)?;
    }
    let machine = Machine::new(&format!("packages_{test}"));
    let program = format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_awsmfa"));
    for target in TARGETS {
        let exe = if target.contains("windows") {
            ".exe"
        } else {
            ""
        };
        machine.write_program(&format!("binaries/{target}/awsmfa{exe}"), &program);
    }
    Some(machine)
}

#[test]
fn an_archive_has_the_program_its_manual_and_the_scripts_of_init() {
    let Some(machine) = binaries("contents") else {
        return;
    };
    let dist = pack(&machine, "dist");
    let mut archives: Vec<String> = fs::read_dir(&dist)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    archives.sort();
    let mut expected: Vec<String> = TARGETS.iter().map(|target| archive(target)).collect();
    expected.sort();
    assert_eq!(archives, expected);

    for target in ["x86_64-unknown-linux-musl", "x86_64-pc-windows-msvc"] {
        let file = dist.join(archive(target));
        let unpack = if target.contains("windows") {
            Command::new("unzip")
                .arg("-q")
                .arg(&file)
                .current_dir(&dist)
                .status()
        } else {
            Command::new("tar")
                .arg("-xzf")
                .arg(&file)
                .current_dir(&dist)
                .status()
        };
        assert!(unpack.unwrap().success());
        let folder = dist.join(name(target));
        let exe = if target.contains("windows") {
            ".exe"
        } else {
            ""
        };
        for present in [
            &format!("awsmfa{exe}"),
            "README.md",
            "CHANGELOG.md",
            "LICENSE",
            "LICENSE-APACHE",
            "LICENSE-MIT",
        ] {
            assert!(folder.join(present).is_file(), "{target} lacks {present}");
        }
        let pages = fs::read_dir(folder.join("man")).unwrap().count();
        assert_eq!(pages, fs::read_dir(repository_file("man")).unwrap().count());
        let bash = fs::read_to_string(folder.join("init/awsmfa.bash")).unwrap();
        let init = Command::new(env!("CARGO_BIN_EXE_awsmfa"))
            .args(["init", "bash"])
            .output()
            .unwrap();
        assert_eq!(bash, text(&init.stdout));
        assert_eq!(fs::read_dir(folder.join("init")).unwrap().count(), 6);
    }
    let program = dist.join(name("x86_64-unknown-linux-musl")).join("awsmfa");
    let version = Command::new(program).arg("--version").output().unwrap();
    assert_eq!(text(&version.stdout), format!("awsmfa {VERSION}\n"));
}

#[test]
fn the_same_input_gives_the_same_archives() {
    let Some(machine) = binaries("twice") else {
        return;
    };
    let (one, two) = (pack(&machine, "one"), pack(&machine, "two"));
    for target in TARGETS {
        let archive = archive(target);
        let same = fs::read(one.join(&archive)).unwrap() == fs::read(two.join(&archive)).unwrap();
        assert!(same, "{archive}");
    }
}

#[test]
fn a_program_of_another_version_is_not_packed() {
    let Some(machine) = binaries("version") else {
        return;
    };
    let native = format!(
        "binaries/{}-unknown-linux-musl/awsmfa",
        std::env::consts::ARCH
    );
    machine.write_program(&native, "#!/bin/sh\necho awsmfa 9.9.9\n");
    let output = packaging(
        "archives",
        &[&machine.path("binaries"), &machine.path("dist")],
    );
    assert!(text(&output.stderr).contains("is of another version"));
    assert_eq!(output.status.code(), Some(1));
}

/// A different checksum for each archive.
fn sums() -> BTreeMap<String, String> {
    TARGETS
        .iter()
        .enumerate()
        .map(|(index, target)| (archive(target), format!("{index:064x}")))
        .collect()
}

/// The manifests of a release with these checksums.
fn manifests(test: &str, sums: &BTreeMap<String, String>) -> (PathBuf, Output) {
    let machine = Machine::new(&format!("packages_{test}"));
    let lines = sums
        .iter()
        .map(|(archive, sum)| format!("{sum}  {archive}"));
    let list = lines.collect::<Vec<_>>().join("\n") + "\n";
    fs::write(machine.path("SHA256SUMS"), list).unwrap();
    let folder = machine.path("manifests");
    let output = packaging("manifests", &[&machine.path("SHA256SUMS"), &folder]);
    (folder, output)
}

/// The URL of a released archive.
fn url(target: &str) -> String {
    let archive = archive(target);
    format!(
        "{}/releases/download/v{VERSION}/{archive}",
        repository_url()
    )
}

#[test]
fn scoop_gets_the_archives_of_windows() {
    let sums = sums();
    let (folder, output) = manifests("scoop", &sums);
    assert_succeeds(&output);
    let manifest = fs::read(folder.join("scoop/awsmfa.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["version"], VERSION);
    assert_eq!(manifest["description"], env!("CARGO_PKG_DESCRIPTION"));
    for (processor, target) in [
        ("64bit", "x86_64-pc-windows-msvc"),
        ("arm64", "aarch64-pc-windows-msvc"),
    ] {
        let entry = &manifest["architecture"][processor];
        assert_eq!(entry["url"], url(target));
        assert_eq!(entry["hash"], sums[&archive(target)]);
        assert_eq!(entry["extract_dir"], name(target));
        // Scoop builds the name for later versions in the same way.
        let later = &manifest["autoupdate"]["architecture"][processor];
        let later = later["url"].as_str().unwrap().replace("$version", VERSION);
        assert_eq!(later, url(target));
    }
}

#[test]
fn winget_gets_the_archives_of_windows() {
    let sums = sums();
    let (folder, output) = manifests("winget", &sums);
    assert_succeeds(&output);
    let file = |ending: &str| yaml(&folder.join(format!("winget/awsmfa.awsmfa{ending}.yaml")));
    let Some(installer) = file(".installer") else {
        return;
    };
    for (index, target) in ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"]
        .iter()
        .enumerate()
    {
        let entry = &installer["Installers"][index];
        assert_eq!(entry["InstallerUrl"], url(target));
        assert_eq!(entry["InstallerSha256"], sums[&archive(target)]);
        let program = &entry["NestedInstallerFiles"][0]["RelativeFilePath"];
        assert_eq!(*program, format!("{}\\awsmfa.exe", name(target)));
    }
    for (ending, kind) in [
        ("", "version"),
        (".installer", "installer"),
        (".locale.en-US", "defaultLocale"),
    ] {
        let manifest = file(ending).unwrap();
        assert_eq!(manifest["ManifestType"], kind);
        assert_eq!(manifest["PackageVersion"], VERSION);
        assert_eq!(manifest["PackageIdentifier"], "awsmfa.awsmfa");
    }
}

#[test]
fn homebrew_gets_the_archives_of_macos_and_linux() {
    let sums = sums();
    let (folder, output) = manifests("homebrew", &sums);
    assert_succeeds(&output);
    let formula = fs::read_to_string(folder.join("homebrew/awsmfa.rb")).unwrap();
    for target in TARGETS.iter().filter(|target| !target.contains("windows")) {
        let lines = format!(
            "      url \"{}\"\n      sha256 \"{}\"\n",
            url(target),
            sums[&archive(target)]
        );
        assert!(formula.contains(&lines), "{formula}\nlacks\n{lines}");
    }
    assert!(formula.contains(&format!("  version \"{VERSION}\"\n")));
    assert!(!formula.contains('@'), "{formula}");
    assert_parses("ruby", &formula);
}

#[test]
fn a_sum_that_is_missing_makes_no_manifest() {
    let mut sums = sums();
    sums.remove(&archive("aarch64-apple-darwin"));
    let (_, output) = manifests("no_sum", &sums);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("has no sum for aarch64-apple-darwin"));
}

/// Cargo.toml as cargo reads it.
fn package() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .arg("--manifest-path")
        .arg(repository_file("Cargo.toml"))
        .output()
        .unwrap();
    assert_succeeds(&output);
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|each| each["name"] == "awsmfa-env");
    package.unwrap().clone()
}

#[test]
fn cargo_binstall_finds_the_archives() {
    let binstall = &package()["metadata"]["binstall"];
    for target in TARGETS {
        let kind = &binstall["overrides"][target]["pkg-fmt"];
        let suffix = match kind.as_str().or(binstall["pkg-fmt"].as_str()).unwrap() {
            "tgz" => ".tar.gz",
            "zip" => ".zip",
            other => panic!("{other}"),
        };
        let exe = if target.contains("windows") {
            ".exe"
        } else {
            ""
        };
        let fill = |template: &str| {
            template
                .replace("{ repo }", repository_url())
                .replace("{ version }", VERSION)
                .replace("{ target }", target)
                .replace("{ archive-suffix }", suffix)
                .replace("{ bin }{ binary-ext }", &format!("awsmfa{exe}"))
        };
        assert_eq!(fill(binstall["pkg-url"].as_str().unwrap()), url(target));
        let program = fill(binstall["bin-dir"].as_str().unwrap());
        assert_eq!(program, format!("{}/awsmfa{exe}", name(target)));
    }
}

#[test]
fn the_files_of_the_deb_are_there() {
    let package = package();
    let deb = &package["metadata"]["deb"];
    for asset in deb["assets"].as_array().unwrap() {
        let source = asset[0].as_str().unwrap();
        let folder = repository_file(source.trim_end_matches("*.1"));
        let is_there = folder.exists() || source == "target/release/awsmfa";
        assert!(is_there, "{source}");
    }
    assert_eq!(deb["depends"], "");
}

#[test]
fn the_flake_describes_the_package_as_cargo_toml_does() {
    let flake = fs::read_to_string(repository_file("flake.nix")).unwrap();
    let line = format!("\n  description = \"{}\";\n", env!("CARGO_PKG_DESCRIPTION"));
    assert!(flake.contains(&line), "flake.nix lacks {line:?}");
    assert_parses("nix", &flake);
}

#[test]
fn a_tag_is_released_only_where_everything_agrees() {
    let machine = Machine::new("packages_tag");
    fs::create_dir_all(machine.path("packaging")).unwrap();
    for file in ["Cargo.toml", "install.sh", "packaging/check-tag"] {
        crate::machine::copy(&repository_file(file), &machine.path(file));
    }
    let changelog = format!("## [Unreleased]\n\n## [{VERSION}] - 2026-01-31\n");
    fs::write(machine.path("CHANGELOG.md"), changelog).unwrap();
    let check = |tag: &str, repository: &str| {
        let mut command = Command::new(machine.path("packaging/check-tag"));
        let output = command.args([tag, repository]).output().unwrap();
        assert_eq!(output.status.success(), output.stderr.is_empty());
        text(&output.stderr)
    };
    let tag = format!("v{VERSION}");
    assert_eq!(check(&tag, repository_url()), "");
    assert!(check("v9.9.9", repository_url()).contains("the tag is v9.9.9"));
    assert!(
        check(&tag, "https://github.com/fork/awsmfa").contains("this is https://github.com/fork")
    );
    fs::write(machine.path("CHANGELOG.md"), "## [Unreleased]\n").unwrap();
    assert!(check(&tag, repository_url()).contains("CHANGELOG.md has no section"));
    fs::write(
        machine.path("install.sh"),
        "repository=https://github.com/other/awsmfa\n",
    )
    .unwrap();
    assert!(check(&tag, repository_url()).contains("install.sh downloads from another"));
}

#[test]
fn each_dependency_has_its_reason_beside_it() {
    let manifest = fs::read_to_string(repository_file("Cargo.toml")).unwrap();
    let mut section = "";
    let mut above = "";
    let mut seen = 0;
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.contains("dependencies") && line.contains('=') && !line.starts_with('#') {
            assert!(above.starts_with("# "), "no reason above {line:?}");
            seen += 1;
        }
        above = line;
    }
    assert!(seen > 30, "{seen}");
}

/// A YAML file as JSON.
pub(crate) fn yaml(file: &Path) -> Option<Value> {
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let output = python(script)?.arg(file).output().unwrap();
    assert_succeeds(&output);
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Parses a text by the grammar of its language.
#[track_caller]
fn assert_parses(language: &str, source: &str) {
    let script = format!(
        "import sys, tree_sitter, tree_sitter_{language} as language\n\
         parser = tree_sitter.Parser(tree_sitter.Language(language.language()))\n\
         sys.exit(parser.parse(sys.argv[1].encode()).root_node.has_error)"
    );
    if let Some(mut python) = python(&script) {
        assert_succeeds(&python.arg(source).output().unwrap());
    }
}

/// The Python of `tests/install`, whose packages came with `moto_server`.
fn python(script: &str) -> Option<Command> {
    find_tool("moto_server")?;
    let mut python = Command::new(find_tool("python3")?);
    python.args(["-c", script]);
    Some(python)
}
