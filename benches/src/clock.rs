//! What a stretch of work cost this process.

use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, Usage, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeVal;

/// Adds up what stretches of work cost, with work in between that does not count.
#[derive(Debug, Default)]
pub struct Stopwatch {
    cpu: Duration,
    wall: Duration,
    running: Option<(Duration, Instant)>,
}

impl Stopwatch {
    /// From here on it counts.
    pub fn start(&mut self) {
        self.running = Some((cpu_time(), Instant::now()));
    }

    /// Up to here it counted.
    pub fn stop(&mut self) {
        if let Some((cpu, clock)) = self.running.take() {
            self.wall += clock.elapsed();
            self.cpu += cpu_time().saturating_sub(cpu);
        }
    }

    /// What it came to, for so many calls.
    pub fn cost(&self, calls: u32) -> Cost {
        Cost {
            cpu: self.cpu,
            wall: self.wall,
            calls,
        }
    }
}

/// What some calls cost this process, all of its threads together.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// User and system time.
    pub cpu: Duration,
    /// Time on the clock.
    pub wall: Duration,
    /// How many calls these were.
    pub calls: u32,
}

impl Cost {
    /// Runs the work and says what it cost.
    pub fn of(calls: u32, work: impl FnOnce()) -> Self {
        let (cpu, clock) = (cpu_time(), Instant::now());
        work();
        Self {
            cpu: cpu_time().saturating_sub(cpu),
            wall: clock.elapsed(),
            calls,
        }
    }

    /// Microseconds of CPU a call.
    pub fn cpu_per_call(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / f64::from(self.calls)
    }

    /// Calls a second.
    pub fn rate(&self) -> f64 {
        f64::from(self.calls) / self.wall.as_secs_f64()
    }
}

fn cpu_time() -> Duration {
    let usage: Usage = getrusage(UsageWho::RUSAGE_SELF).expect("every process has its usage");
    duration(usage.user_time()) + duration(usage.system_time())
}

fn duration(time: TimeVal) -> Duration {
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(time.tv_sec())) + Duration::from_micros(part(time.tv_usec()))
}

/// Allows this process, and those that it starts, as many open files as it may have: a connection is one.
pub fn raise_file_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Where it is refused, a thousand in flight will say so.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
