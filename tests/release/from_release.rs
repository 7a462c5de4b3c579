//! `install.sh --release`, with a server of releases on loopback. The script is alone in a folder, as
//! for a user who downloads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use awsmfa_test_support::find_tool;
use sha2::{Digest, Sha256};

use crate::machine::{
    Machine, POSIX_TOOLS, assert_fails, assert_succeeds, repository_file, repository_url, text,
};
use crate::server::Server;

const VERSION: &str = "1.2.3";
const LINUX: &str = "x86_64-unknown-linux-musl";
const PROGRAM: &str = "#!/bin/sh\necho the released program\n";

/// The files of a release, and a machine to install it on.
pub(crate) struct Release {
    pub(crate) machine: Machine,
    version: &'static str,
    files: BTreeMap<String, Vec<u8>>,
}

impl Release {
    /// A machine that can download, unpack and check, and whose `uname` says Linux on x86-64.
    pub(crate) fn new(test: &str, version: &'static str) -> Self {
        let machine = Machine::new(&format!("release_{test}"));
        for tool in ["curl", "gzip", "mktemp", "tar"] {
            machine.add_tool(tool);
        }
        let hasher = if cfg!(target_os = "macos") {
            "shasum"
        } else {
            "sha256sum"
        };
        machine.add_tool(hasher);
        fs::remove_file(machine.path("path/uname")).unwrap();
        let release = Self {
            machine,
            version,
            files: BTreeMap::new(),
        };
        release.is_on("Linux", "x86_64");
        release
    }

    /// A release with an archive for Linux, its checksum, and nothing else.
    fn good(test: &str) -> Self {
        let mut release = Self::new(test, VERSION);
        release.add_archive(LINUX, PROGRAM);
        release.list_sums();
        release
    }

    fn is_on(&self, system: &str, processor: &str) {
        self.machine.write_program(
            "path/uname",
            &format!("#!/bin/sh\n[ \"$1\" = -m ] && echo {processor} || echo {system}\n"),
        );
    }

    fn has_not(&self, tools: &[&str]) {
        for tool in tools {
            let path = self.machine.path("path").join(tool);
            if path.exists() {
                fs::remove_file(path).unwrap();
            }
        }
    }

    pub(crate) fn add_archive(&mut self, target: &str, program: &str) {
        let is_windows = target.contains("windows");
        let version = self.version;
        let name = format!("awsmfa-{version}-{target}");
        let exe = if is_windows { "awsmfa.exe" } else { "awsmfa" };
        let machine = &self.machine;
        machine.write_program(&format!("{name}/{exe}"), program);
        fs::create_dir_all(machine.path(&name).join("man")).unwrap();
        for page in ["awsmfa.1", "awsmfa-env.1"] {
            fs::write(machine.path(&name).join("man").join(page), ".TH\n").unwrap();
        }
        let (archive, mut pack) = if is_windows {
            (format!("{name}.zip"), Command::new("zip"))
        } else {
            (format!("{name}.tar.gz"), Command::new("tar"))
        };
        pack.arg(if is_windows { "-qr" } else { "-czf" });
        let status = pack.args([&archive, &name]).current_dir(machine.path(""));
        assert!(status.status().unwrap().success());
        let bytes = fs::read(machine.path(&archive)).unwrap();
        self.files
            .insert(format!("download/v{version}/{archive}"), bytes);
    }

    /// Writes the checksums of all archives and makes this the newest release.
    pub(crate) fn list_sums(&mut self) {
        let mut sums = String::new();
        for (path, bytes) in &self.files {
            for byte in Sha256::digest(bytes) {
                write!(sums, "{byte:02x}").unwrap();
            }
            writeln!(sums, "  {}", path.rsplit('/').next().unwrap()).unwrap();
        }
        self.set_sums(&sums);
    }

    fn set_sums(&mut self, sums: &str) {
        for folder in [&format!("download/v{}", self.version), "latest/download"] {
            self.files
                .insert(format!("{folder}/SHA256SUMS"), sums.as_bytes().to_vec());
        }
    }

    fn sums(&self) -> String {
        text(&self.files["latest/download/SHA256SUMS"])
    }

    pub(crate) fn serve(self) -> Site {
        let site = Site {
            server: Server::start(self.files),
            machine: self.machine,
        };
        site.point_at(&site.server.url());
        site
    }
}

/// A machine, and the server that it downloads from.
pub(crate) struct Site {
    pub(crate) machine: Machine,
    server: Server,
}

impl Site {
    fn point_at(&self, url: &str) {
        let script = fs::read_to_string(repository_file("install.sh")).unwrap();
        let line = format!("\nrepository={}\n", repository_url());
        assert!(script.contains(&line), "install.sh lacks {line:?}");
        let script = script.replace(&line, &format!("\nrepository={url}\n"));
        self.machine.write_program("install.sh", &script);
    }

    fn install(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.command(self.machine.path("install.sh"));
        command.args(arguments);
        command
    }

    /// Adds an installed program, which a failure must leave alone.
    fn with_an_older_one(self) -> Self {
        self.machine
            .write_program("home/.local/bin/awsmfa", "an older one");
        self
    }

    #[track_caller]
    fn assert_refuses(&self, arguments: &[&str], code: i32, message: &str) {
        let output = self.install(arguments).output().unwrap();
        assert_fails(&output, code, message);
        let program = fs::read_to_string(self.machine.program()).unwrap();
        assert_eq!(program, "an older one");
        self.machine.assert_left_nothing_behind();
    }

    #[track_caller]
    fn assert_installs(&self, arguments: &[&str]) {
        let output = self.install(arguments).output().unwrap();
        assert_succeeds(&output);
        assert_eq!(text(&output.stderr), "");
        assert_eq!(fs::read_to_string(self.machine.program()).unwrap(), PROGRAM);
        self.machine.assert_left_nothing_behind();
    }
}

#[test]
fn cargo_toml_install_sh_and_the_readme_name_the_same_repository() {
    let script = fs::read_to_string(repository_file("install.sh")).unwrap();
    assert!(script.contains(&format!("\nrepository={}\n", repository_url())));
    let readme = fs::read_to_string(repository_file("README.md")).unwrap();
    let name = repository_url()
        .strip_prefix("https://github.com/")
        .unwrap();
    assert!(readme.contains(&format!("- uses: {name}@v")), "{name}");
    assert!(readme.contains(&format!(" --repo {name}`")), "{name}");
}

#[test]
fn the_newest_is_installed_with_its_manual() {
    let site = Release::good("newest").serve();
    let output = site.install(&["--release"]).output().unwrap();
    assert_succeeds(&output);
    let run = site.machine.command(site.machine.program()).output();
    assert_eq!(text(&run.unwrap().stdout), "the released program\n");
    let manual = site.machine.path("home/.local/share/man/man1");
    assert!(manual.join("awsmfa.1").is_file() && manual.join("awsmfa-env.1").is_file());
    let advice = text(&output.stdout);
    assert!(advice.contains("eval \"$(awsmfa init bash)\""), "{advice}");
    site.machine.assert_left_nothing_behind();
}

#[test]
fn a_version_is_installed_with_or_without_the_v_of_its_tag() {
    for version in [VERSION, "v1.2.3"] {
        let mut release = Release::good(&format!("version_{version}"));
        // The newest release is another one.
        let newest = release.sums().replace(VERSION, "1.3.0");
        let path = "latest/download/SHA256SUMS".to_owned();
        release.files.insert(path, newest.into_bytes());
        release.serve().assert_installs(&["--release", version]);
    }
}

#[test]
fn the_script_may_come_through_a_pipe() {
    let site = Release::good("pipe").serve();
    let mut shell = site.machine.command("/bin/sh");
    let script = fs::File::open(site.machine.path("install.sh")).unwrap();
    let output = shell
        .args(["-s", "--", "--release"])
        .stdin(Stdio::from(script))
        .output()
        .unwrap();
    assert_succeeds(&output);
    assert_eq!(fs::read_to_string(site.machine.program()).unwrap(), PROGRAM);
}

#[test]
fn a_wrong_sum_installs_nothing() {
    let mut release = Release::good("wrong_sum");
    let sum = release.sums();
    let other = if sum.starts_with('0') { "1" } else { "0" };
    release.set_sums(&format!("{other}{}", &sum[1..]));
    let site = release.serve().with_an_older_one();
    site.assert_refuses(&["--release"], 1, "is wrong; nothing was installed");
    // Both checksums are named, so that a bug report has them.
    let output = site.install(&["--release"]).output().unwrap();
    assert_fails(&output, 1, sum.split(' ').next().unwrap());
}

#[test]
fn a_release_without_sums_installs_nothing() {
    let mut release = Release::good("no_sums");
    release
        .files
        .retain(|path, _| !path.ends_with("SHA256SUMS"));
    let site = release.serve().with_an_older_one();
    site.assert_refuses(&["--release"], 1, "there is no release of awsmfa yet");
    site.assert_refuses(&["--release", VERSION], 1, "there is no release 1.2.3");
}

#[test]
fn an_archive_without_a_sum_is_not_installed() {
    for (test, sums) in [
        ("others", "0123  awsmfa-1.2.3-aarch64-apple-darwin.tar.gz\n"),
        ("empty", ""),
        ("page", "<!DOCTYPE html>\n<title>Sign in</title>\n"),
        (
            "up",
            "0123  awsmfa-1/../2-x86_64-unknown-linux-musl.tar.gz\n",
        ),
    ] {
        let mut release = Release::good(&format!("unlisted_{test}"));
        release.set_sums(sums);
        let site = release.serve().with_an_older_one();
        let message = "the release lists no SHA-256 sum for x86_64-unknown-linux-musl";
        site.assert_refuses(&["--release"], 1, message);
        assert!(!site.server.asked().iter().any(|path| path.contains(".tar")));
    }
}

#[test]
fn a_listed_archive_that_is_not_there_is_named() {
    let mut release = Release::good("no_archive");
    release.files.retain(|path, _| !path.ends_with(".tar.gz"));
    let site = release.serve().with_an_older_one();
    let message = "release 1.2.3 has no awsmfa-1.2.3-x86_64-unknown-linux-musl.tar.gz";
    site.assert_refuses(&["--release"], 1, message);
}

#[test]
fn a_version_that_was_never_released_is_said_to_be_so() {
    let site = Release::good("unknown").serve().with_an_older_one();
    site.assert_refuses(&["--release", "9.9.9"], 1, "there is no release 9.9.9");
}

#[test]
fn offline_it_gives_the_downloaders_own_reason() {
    for downloader in ["curl", "wget"] {
        let site = Release::good(&format!("offline_{downloader}"))
            .serve()
            .with_an_older_one();
        if downloader == "wget" {
            fs::remove_file(site.machine.path("path/curl")).unwrap();
            if !site.machine.add_tool("wget") {
                continue;
            }
        }
        // Only the system may use port 1, and nothing listens there.
        site.point_at("http://127.0.0.1:1");
        for message in ["onnect", "while downloading http://", "set https_proxy"] {
            site.assert_refuses(&["--release"], 1, message);
        }
    }
}

#[test]
fn a_program_that_does_not_run_here_is_not_installed() {
    let mut release = Release::new("does_not_run", VERSION);
    release.add_archive(LINUX, "#!/bin/sh\necho 'too old a kernel' >&2\nexit 1\n");
    release.list_sums();
    let site = release.serve().with_an_older_one();
    let message = "does not run on this machine: too old a kernel";
    site.assert_refuses(&["--release"], 1, message);
}

#[test]
fn an_archive_that_cannot_be_unpacked_is_not_installed() {
    let mut release = Release::good("not_an_archive");
    for (path, bytes) in &mut release.files {
        if path.ends_with(".tar.gz") {
            *bytes = b"no archive".to_vec();
        }
    }
    release
        .files
        .retain(|path, _| !path.ends_with("SHA256SUMS"));
    release.list_sums();
    let site = release.serve().with_an_older_one();
    site.assert_refuses(&["--release"], 1, "cannot unpack");
}

#[test]
fn each_machine_gets_the_archive_for_it() {
    for (system, processor, target) in [
        ("Linux", "x86_64", "x86_64-unknown-linux-musl"),
        ("Linux", "amd64", "x86_64-unknown-linux-musl"),
        ("Linux", "aarch64", "aarch64-unknown-linux-musl"),
        ("Darwin", "x86_64", "x86_64-apple-darwin"),
        ("Darwin", "arm64", "aarch64-apple-darwin"),
    ] {
        let mut release = Release::new(&format!("machine_{system}_{processor}"), VERSION);
        release.is_on(system, processor);
        for other in [LINUX, "aarch64-unknown-linux-musl", "x86_64-apple-darwin"] {
            release.add_archive(other, "#!/bin/sh\nexit 3\n");
        }
        release.add_archive(target, PROGRAM);
        release.list_sums();
        release.serve().assert_installs(&["--release"]);
    }
}

#[test]
fn a_shell_under_rosetta_gets_the_program_for_the_real_processor() {
    let mut release = Release::new("rosetta", VERSION);
    release.is_on("Darwin", "x86_64");
    release.machine.write_program(
        "path/sysctl",
        "#!/bin/sh\n[ \"$*\" = '-n sysctl.proc_translated' ] && echo 1\n",
    );
    release.add_archive("aarch64-apple-darwin", PROGRAM);
    release.list_sums();
    release.serve().assert_installs(&["--release"]);
}

#[test]
fn git_bash_gets_the_program_for_windows() {
    let mut release = Release::new("windows", VERSION);
    if find_tool("zip").is_none() || !release.machine.add_tool("unzip") {
        return;
    }
    release.is_on("MINGW64_NT-10.0-26100", "x86_64");
    release.add_archive("x86_64-pc-windows-msvc", PROGRAM);
    release.list_sums();
    let site = release.serve();
    let path = format!(
        "{}:{}",
        site.machine.path("home/.local/bin").display(),
        site.machine.path("path").display()
    );
    let mut install = site.install(&["--release"]);
    let output = install.env("PATH", path).output().unwrap();
    assert_succeeds(&output);
    let program = site.machine.path("home/.local/bin/awsmfa.exe");
    assert_eq!(fs::read_to_string(&program).unwrap(), PROGRAM);
    let removed = site.install(&["--uninstall"]).output().unwrap();
    assert_succeeds(&removed);
    assert!(!program.exists());
}

#[test]
fn a_machine_without_a_release_is_told_to_build() {
    for (system, processor) in [("Linux", "riscv64"), ("FreeBSD", "amd64")] {
        let release = Release::good(&format!("none_{system}"));
        release.is_on(system, processor);
        let site = release.serve().with_an_older_one();
        let message = format!("no release for {system} on {processor}");
        site.assert_refuses(&["--release"], 1, &message);
        site.assert_refuses(&["--release"], 1, "run ./install.sh");
        assert_eq!(site.server.asked(), [""; 0]);
    }
}

#[test]
fn any_of_the_usual_tools_will_do() {
    for (instead_of, tool) in [
        (&["curl"] as &[&str], "wget"),
        (&["sha256sum", "shasum"], "openssl"),
        (&["sha256sum", "shasum"], "shasum"),
    ] {
        let release = Release::good(&format!("tool_{tool}"));
        release.has_not(instead_of);
        // Perl's shasum needs it.
        release.machine.add_tool("perl");
        if release.machine.add_tool(tool) {
            release.serve().assert_installs(&["--release"]);
        }
    }
}

/// As in Alpine, whose shell and tools are busybox's.
#[test]
fn busybox_alone_will_do() {
    let release = Release::good("busybox");
    if !release.machine.add_tool("busybox") {
        return;
    }
    let busybox = release.machine.path("path/busybox");
    for entry in fs::read_dir(release.machine.path("path")).unwrap() {
        let path = entry.unwrap().path();
        if path != busybox && !path.ends_with("uname") {
            fs::remove_file(path).unwrap();
        }
    }
    for tool in POSIX_TOOLS.iter().filter(|tool| **tool != "uname") {
        symlink(&busybox, release.machine.path("path").join(tool)).unwrap();
    }
    for tool in ["gzip", "mktemp", "sha256sum", "tar", "wget"] {
        symlink(&busybox, release.machine.path("path").join(tool)).unwrap();
    }
    let site = release.serve();
    let mut shell = site.machine.command(site.machine.path("path/sh"));
    let output = shell.args(["install.sh", "--release"]).output().unwrap();
    assert_succeeds(&output);
    assert_eq!(fs::read_to_string(site.machine.program()).unwrap(), PROGRAM);
}

#[test]
fn a_missing_tool_is_named_before_anything_is_downloaded() {
    for (tools, message) in [
        (["curl", "wget"], "neither curl nor wget was found"),
        (["sha256sum", "shasum"], "no sha256sum, shasum or openssl"),
    ] {
        let release = Release::good(&format!("without_{}", tools[0]));
        release.has_not(&tools);
        let site = release.serve().with_an_older_one();
        site.assert_refuses(&["--release"], 1, message);
        assert_eq!(site.server.asked(), [""; 0]);
    }
}

#[test]
fn what_is_no_version_is_refused_before_anything_is_downloaded() {
    let site = Release::good("usage").serve().with_an_older_one();
    for word in [
        "",
        "1.2",
        "latest",
        "1.2.3/../../x",
        "1.2.3 ",
        "*.*.*",
        "-v",
    ] {
        site.assert_refuses(&["--release", word], 2, "not a version");
    }
    site.assert_refuses(&["--release", VERSION, "more"], 2, "too many arguments");
    assert_eq!(site.server.asked(), [""; 0]);
}
