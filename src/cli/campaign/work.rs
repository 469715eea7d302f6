//! Does items, as many at a time as there are processors for them.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use silicabac::campaign::{Budget, Covered, End, Item, Place, Record, perform};

use super::directory::{Directory, now};
use crate::cli::{
    Failure,
    output::append_to,
    print::Progress,
    signals::{self, Guard},
};

/// Does the items. Each worker has a file of its own: worker w writes that of shard w of the submission. Returns how many items were begun.
pub(super) fn work(
    directory: &Directory,
    submission: u32,
    shards: std::ops::RangeInclusive<usize>,
    items: &[Item],
    limit: &Limit,
    guard: &Guard,
) -> Result<usize, Failure> {
    let bar = Progress::new(items.len() as u64, "items");
    let next = AtomicUsize::new(0);
    let place = directory.place();
    let worker = |shard: usize| -> Result<(), Failure> {
        let lines = Lines::new(directory.lines(submission, shard)?)?;
        loop {
            if let Some(why) = limit.is_reached() {
                return lines.write(&Record::Stopped { why });
            }
            let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) else { return Ok(()) };
            bar.set_message(&item.key);
            let end = lines.perform(item, &place, guard)?;
            limit.note(&end);
            bar.inc(1);
        }
    };
    let worker = &worker;
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = shards.map(|shard| scope.spawn(move || worker(shard))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    bar.finish();
    results.into_iter().collect::<Result<(), _>>()?;
    Ok(next.into_inner().min(items.len()))
}

/// The file of lines of one process.
struct Lines(Arc<Open>);

struct Open {
    path: PathBuf,
    file: Mutex<(File, Option<String>)>,
}

impl Lines {
    fn new(path: PathBuf) -> Result<Lines, Failure> {
        let file = append_to(&path)?;
        let open = Arc::new(Open { path, file: Mutex::new((file, None)) });
        let at_end = open.clone();
        // A process that a signal ends releases the item that it was doing.
        signals::at_end(move || {
            let (file, key) = &mut *at_end.lock();
            if let Some(key) = key.take() {
                let _ = file.write_all(Record::Released { key }.to_line().as_bytes());
            }
        });
        Ok(Lines(open))
    }

    fn write(&self, record: &Record) -> Result<(), Failure> {
        self.0.write(&mut self.0.lock().0, record)
    }

    /// Does an item, and writes when it begins and ends.
    fn perform(&self, item: &Item, place: &Place<'_>, guard: &Guard) -> Result<End, Failure> {
        let key = item.key.clone();
        {
            let (file, at) = &mut *self.0.lock();
            *at = Some(key.clone());
            self.0.write(file, &Record::Begin { key, host: place.host.to_owned() })?;
        }
        let end = perform(item, place);
        // After a signal this does not return, so that an item which the signal ended gets no result.
        guard.hold();
        let (file, at) = &mut *self.0.lock();
        self.0.write(file, &Record::End(Box::new(end.clone())))?;
        *at = None;
        Ok(end)
    }
}

impl Open {
    fn lock(&self) -> MutexGuard<'_, (File, Option<String>)> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call writes a line whole, and it is on the disk before anything else is begun.
    fn write(&self, file: &mut File, record: &Record) -> Result<(), Failure> {
        let written = file.write_all(record.to_line().as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|source| Failure::Write { path: self.path.clone(), source })
    }
}

/// The limits after which no more items are begun.
pub(super) struct Limit {
    until: Option<f64>,
    bins: Option<u64>,
    played: AtomicU64,
    nothing_new: Option<usize>,
    covered: Mutex<(BTreeMap<String, Covered>, usize)>,
    why: OnceLock<String>,
}

impl Limit {
    /// The limits for one of `shards` shards: its share of a budget that began at this time.
    pub(super) fn new(budget: &Budget, began: f64, shards: usize) -> Limit {
        Limit {
            until: budget.minutes.map(|minutes| began + minutes * 60.0),
            bins: budget.bins.map(|bins| bins / shards.max(1) as u64),
            played: AtomicU64::new(0),
            nothing_new: budget.nothing_new,
            covered: Mutex::default(),
            why: OnceLock::new(),
        }
    }

    fn is_reached(&self) -> Option<String> {
        if self.until.is_some_and(|until| now() >= until) {
            let _ = self.why.set("the time of the budget is over".into());
        }
        self.why.get().cloned()
    }

    /// Counts what an item did.
    fn note(&self, end: &End) {
        let bins: u64 = end.findings.rows.iter().map(|row| row.bins).sum();
        let played = self.played.fetch_add(bins, Ordering::Relaxed) + bins;
        if self.bins.is_some_and(|most| played >= most) {
            let _ = self.why.set(format!("{played} bins were played"));
        }
        if end.findings.covered.is_empty() {
            return;
        }
        let (all, in_a_row) = &mut *self.covered.lock().unwrap_or_else(PoisonError::into_inner);
        let mut new = 0;
        for (name, more) in &end.findings.covered {
            let nothing = || Covered { hit: Vec::new(), ..more.clone() };
            new += all.entry(name.clone()).or_insert_with(nothing).merge(more);
        }
        *in_a_row = if new == 0 { *in_a_row + 1 } else { 0 };
        if self.nothing_new.is_some_and(|most| *in_a_row >= most) {
            let _ = self.why.set(format!("{in_a_row} items of coverage in a row covered nothing new"));
        }
    }
}
