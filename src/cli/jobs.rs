//! How many processors a command uses.

use std::thread;

#[derive(clap::Args, Clone, Copy, Debug)]
#[group(skip)]
pub(super) struct Jobs {
    /// How many processors to use; 0 is all of them
    #[arg(short, long, value_name = "NUMBER", default_value_t = 0)]
    jobs: usize,
}

impl Jobs {
    /// One alone.
    pub(super) const ONE: Jobs = Jobs { jobs: 1 };

    /// How many.
    pub(super) fn count(self) -> usize {
        match self.jobs {
            0 => thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        }
    }
}
