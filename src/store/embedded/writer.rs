//! The writer: one thread that commits for everybody at once.
//!
//! Making a commit durable costs one `fsync`, whether it holds one step or two hundred. So jobs wait in a queue while
//! a commit is under way, and the next commit takes all that have gathered. Nobody is answered before the commit that
//! holds its step has reached the disk.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// The most jobs in one commit.
const BATCH: usize = 256;

/// The most jobs that wait in the queue; who comes later waits before it.
const QUEUE: usize = 4 * BATCH;

/// The writer's thread, and the queue before it. Dropping it finishes what is in the queue.
pub struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, which owns `connection` from now on.
    ///
    /// # Errors
    /// When the machine has no thread to spare.
    pub fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || work_off(&connection, jobs));
        let thread = thread.map_err(|error| StoreError::Unreachable(format!("no thread for the writer: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` inside the next commit, and answers when that is durable.
    ///
    /// # Errors
    /// Its own, or trouble with the commit; then nothing of it is written.
    pub async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let stopped = || StoreError::Unreachable("the writer has stopped".into());
        let (asker, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.send(Box::new(Asked { work, done: None, asker })).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has told its askers already.
            let _ = thread.join();
        }
    }
}

/// A piece of work, and somebody who waits for its end.
trait Job: Send {
    /// Does the work, inside a transaction; it may be asked to do it again after a rollback.
    fn run(&mut self, db: &Connection) -> Result<(), StoreError>;

    /// Tells who waits how it ended.
    fn answer(self: Box<Self>, end: Result<(), StoreError>);
}

struct Asked<T, F> {
    work: F,
    done: Option<T>,
    asker: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, db: &Connection) -> Result<(), StoreError> {
        self.done = Some((self.work)(db)?);
        Ok(())
    }

    fn answer(self: Box<Self>, end: Result<(), StoreError>) {
        let never_ran = || StoreError::Unreachable("the writer left it out".into());
        let Self { done, asker, .. } = *self;
        // Nobody may be waiting any more; the work is done all the same.
        let _ = asker.send(end.and_then(|()| done.ok_or_else(never_ran)));
    }
}

type Batch = Vec<Box<dyn Job>>;

/// Why a batch was rolled back.
enum Spoilt {
    /// One of its jobs ran into trouble.
    ByJob(StoreError),
    /// The transaction itself did.
    Whole(StoreError),
}

fn work_off(db: &Connection, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Batch::with_capacity(BATCH);
    while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
        match commit(db, &mut batch) {
            Ok(()) => answer(&mut batch, &Ok(())),
            // The neighbours of a job in trouble are not to suffer for it.
            Err(Spoilt::ByJob(_)) if batch.len() > 1 => batch.drain(..).for_each(|job| commit_alone(db, job)),
            Err(Spoilt::ByJob(error) | Spoilt::Whole(error)) => answer(&mut batch, &Err(error)),
        }
    }
}

fn answer(batch: &mut Batch, end: &Result<(), StoreError>) {
    for job in batch.drain(..) {
        job.answer(end.clone());
    }
}

fn commit_alone(db: &Connection, job: Box<dyn Job>) {
    let mut batch = vec![job];
    let end = commit(db, &mut batch).map_err(|(Spoilt::ByJob(error) | Spoilt::Whole(error))| error);
    answer(&mut batch, &end);
}

/// Runs all jobs in one transaction: all are durable then, or none has happened.
fn commit(db: &Connection, batch: &mut Batch) -> Result<(), Spoilt> {
    let end = begin(db).map_err(Spoilt::Whole).and_then(|()| {
        batch.iter_mut().try_for_each(|job| job.run(db)).map_err(Spoilt::ByJob)?;
        execute(db, "COMMIT").map_err(Spoilt::Whole)
    });
    if end.is_err() && !db.is_autocommit() {
        // If this fails too, so will the next BEGIN, and it will say so to those whom it concerns.
        let _ = execute(db, "ROLLBACK");
    }
    end
}

fn begin(db: &Connection) -> Result<(), StoreError> {
    if !db.is_autocommit() {
        execute(db, "ROLLBACK")?;
    }
    execute(db, "BEGIN IMMEDIATE")
}

fn execute(db: &Connection, statement: &str) -> Result<(), StoreError> {
    db.prepare_cached(statement)?.execute([])?;
    Ok(())
}
