//! Ending a process with its descendants.

#[cfg(unix)]
use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::process::{Signal, kill_process};

type Pid = u32;

/// How long processes may take to end by themselves.
#[cfg(unix)]
const GRACE: Duration = Duration::from_millis(250);

/// Ends a process and its descendants: first gently, then by force.
#[cfg(unix)]
pub(super) fn end(root: Pid) {
    let mut tree = stopped(vec![root]);
    send(&tree, Signal::TERM);
    send(&tree, Signal::CONT);
    let end = Instant::now() + GRACE;
    while !tree.is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
        retain_living(&mut tree, &processes());
    }
    send(&stopped(tree), Signal::KILL);
}

/// Stops the processes and their descendants, so that none starts another one; returns those alive.
#[cfg(unix)]
fn stopped(mut tree: Vec<Pid>) -> Vec<Pid> {
    let mut new = tree.clone();
    loop {
        send(&new, Signal::STOP);
        let living = processes();
        new = children(&tree, &living);
        if new.is_empty() {
            retain_living(&mut tree, &living);
            return tree;
        }
        tree.extend(&new);
    }
}

/// If no process is visible, all may be alive.
#[cfg(unix)]
fn retain_living(tree: &mut Vec<Pid>, living: &[Process]) {
    if !living.is_empty() {
        tree.retain(|pid| living.iter().any(|process| process.pid == *pid));
    }
}

/// Ignores errors: a process may have ended, or belong to another user.
#[cfg(unix)]
fn send(tree: &[Pid], signal: Signal) {
    let pids = tree.iter().filter_map(|pid| i32::try_from(*pid).ok());
    for pid in pids.filter_map(rustix::process::Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// Ends a process and its descendants.
#[cfg(windows)]
pub(super) fn end(root: Pid) {
    let living = processes();
    let mut tree = vec![root];
    loop {
        let new = children(&tree, &living);
        if new.is_empty() {
            break;
        }
        tree.extend(new);
    }
    let pids: Vec<_> = tree.into_iter().map(sysinfo::Pid::from_u32).collect();
    let system = system(sysinfo::ProcessesToUpdate::Some(&pids));
    for process in system.iter().flat_map(|it| it.processes().values()) {
        process.kill();
    }
}

/// The children of a tree's processes that are not in it yet.
fn children(tree: &[Pid], living: &[Process]) -> Vec<Pid> {
    let is_new = |it: &&Process| tree.contains(&it.parent) && !tree.contains(&it.pid);
    living.iter().filter(is_new).map(|it| it.pid).collect()
}

/// A process that has not ended.
struct Process {
    pid: Pid,
    parent: Pid,
}

/// The visible processes.
#[cfg(target_os = "linux")]
fn processes() -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(process).collect()
}

#[cfg(target_os = "linux")]
fn process(pid: Pid) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name before these fields may contain blanks and parentheses (proc(5), "stat").
    let end_of_name = stat.iter().rposition(|byte| *byte == b')')?;
    let fields = str::from_utf8(&stat[end_of_name + 1..]).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    // An ended process that its parent has not waited for.
    (!matches!(state, "Z" | "X")).then_some(Process { pid, parent })
}

/// The visible processes.
#[cfg(not(target_os = "linux"))]
fn processes() -> Vec<Process> {
    use sysinfo::ProcessStatus::{Dead, Zombie};
    let system = system(sysinfo::ProcessesToUpdate::All);
    let processes = system.iter().flat_map(|it| it.processes().values());
    let living = processes.filter(|it| !matches!(it.status(), Dead | Zombie));
    living
        .filter_map(|it| {
            Some(Process {
                pid: it.pid().as_u32(),
                parent: it.parent()?.as_u32(),
            })
        })
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn system(wanted: sysinfo::ProcessesToUpdate) -> Option<sysinfo::System> {
    let mut system = sysinfo::System::new().ok()?;
    let refresh = sysinfo::ProcessRefreshKind::nothing();
    system.refresh_processes_specifics(wanted, true, refresh);
    Some(system)
}
