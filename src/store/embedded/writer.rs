//! The writer: one thread that commits for everybody at once.
//!
//! Making a commit durable costs one `fsync`, whether it holds one step or two hundred. So jobs wait in a queue while
//! a commit is under way, and the next commit takes all that have gathered. Nobody is answered before the commit that
//! holds its step has reached the disk.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{Result, StoreError};

/// The most jobs in one commit.
const BATCH: usize = 256;

/// The most jobs that wait in the queue; a caller that comes later waits before it.
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
    pub fn start(connection: Connection) -> Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || work_off(&connection, jobs));
        let thread = thread.map_err(|error| StoreError::Unreachable(format!("no thread for the writer: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` inside the next commit, and answers when that is durable.
    ///
    /// # Errors
    /// Its own, or trouble with the commit; then nothing of it is written.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
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
            // A writer that panicked has dropped its jobs, and their callers have seen that.
            let _ = thread.join();
        }
    }
}

/// A piece of work, and a caller that waits for its end.
trait Job: Send {
    /// Does the work, inside a transaction; it may be asked to do it again after a rollback.
    fn run(&mut self, db: &Connection) -> Result<()>;

    /// Answers the caller that waits how it ended.
    fn answer(self: Box<Self>, end: Result<()>);
}

struct Asked<T, F> {
    work: F,
    done: Option<T>,
    asker: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<T> + Send,
{
    fn run(&mut self, db: &Connection) -> Result<()> {
        self.done = Some((self.work)(db)?);
        Ok(())
    }

    fn answer(self: Box<Self>, end: Result<()>) {
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

fn answer(batch: &mut Batch, end: &Result<()>) {
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
        // If this fails too, so will the next BEGIN, whose jobs get its error.
        let _ = execute(db, "ROLLBACK");
    }
    end
}

fn begin(db: &Connection) -> Result<()> {
    if !db.is_autocommit() {
        execute(db, "ROLLBACK")?;
    }
    execute(db, "BEGIN IMMEDIATE")
}

fn execute(db: &Connection, statement: &str) -> Result<()> {
    db.prepare_cached(statement)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::task::Poll;

    use super::*;

    const SCHEMA: &str = "
        PRAGMA foreign_keys = on;
        CREATE TABLE seen (n INTEGER PRIMARY KEY);
        CREATE TABLE promised (n INTEGER REFERENCES seen DEFERRABLE INITIALLY DEFERRED);";

    fn writer() -> Arc<Writer> {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(SCHEMA).unwrap();
        Arc::new(Writer::start(db).unwrap())
    }

    fn insert(table: &'static str, n: u32) -> impl FnMut(&Connection) -> Result<u32> + Send {
        move |db| {
            db.execute(&format!("INSERT INTO {table} VALUES (?1)"), [n])?;
            Ok(n)
        }
    }

    type Boxed = Box<dyn FnMut(&Connection) -> Result<u32> + Send>;

    /// Lets a job get into the queue; answers whether its end is still to come.
    async fn begins(run: &mut (impl Future + Unpin)) -> bool {
        poll_fn(|context| Poll::Ready(Pin::new(&mut *run).poll(context).is_pending())).await
    }

    async fn seen(writer: &Writer) -> Vec<u32> {
        let read = |db: &Connection| {
            let mut select = db.prepare("SELECT n FROM seen ORDER BY n")?;
            Ok(select.query_map([], |row| row.get(0))?.collect::<Result<Vec<u32>, _>>()?)
        };
        writer.run(read).await.unwrap()
    }

    /// Runs the jobs in one batch: they gather while the writer is kept busy.
    async fn together(writer: &Arc<Writer>, jobs: Vec<Boxed>) -> Vec<Result<u32>> {
        let (begun, has_begun) = oneshot::channel();
        let (let_go, gate) = channel::<()>();
        let mut begun = Some(begun);
        let busy = {
            let writer = Arc::clone(writer);
            tokio::spawn(async move {
                let wait = move |_: &Connection| {
                    begun.take().map(|begun| begun.send(()));
                    gate.recv().map_err(|_| StoreError::TimedOut)
                };
                writer.run(wait).await
            })
        };
        has_begun.await.unwrap();
        let mut runs: Vec<_> = jobs.into_iter().map(|job| Box::pin(writer.run(job))).collect();
        for run in &mut runs {
            assert!(begins(run).await);
        }
        let_go.send(()).unwrap();
        busy.await.unwrap().unwrap();
        let mut ends = Vec::new();
        for run in runs {
            ends.push(run.await);
        }
        ends
    }

    #[tokio::test]
    async fn a_job_in_trouble_leaves_nothing_and_its_neighbours_go_on() {
        let writer = writer();
        let mut halfway = insert("seen", 2);
        let halfway = move |db: &Connection| halfway(db).and(Err(StoreError::Damaged("halfway".into())));
        let jobs: Vec<Boxed> = vec![Box::new(insert("seen", 1)), Box::new(halfway), Box::new(insert("seen", 3))];
        let ends = together(&writer, jobs).await;
        assert_eq!(ends, [Ok(1), Err(StoreError::Damaged("halfway".into())), Ok(3)]);
        assert_eq!(seen(&writer).await, [1, 3]);
    }

    #[tokio::test]
    async fn a_commit_that_fails_is_everybodys_error_and_nothing_of_it_stays() {
        let writer = writer();
        let jobs: Vec<Boxed> =
            vec![Box::new(insert("seen", 1)), Box::new(insert("promised", 9)), Box::new(insert("seen", 3))];
        let ends = together(&writer, jobs).await;
        assert!(ends.iter().all(|end| matches!(end, Err(StoreError::Unreachable(_)))), "{ends:?}");
        assert!(seen(&writer).await.is_empty());
        assert_eq!(writer.run(insert("seen", 4)).await, Ok(4));
        assert_eq!(seen(&writer).await, [4]);
    }

    #[tokio::test]
    async fn dropping_it_finishes_what_is_in_the_queue() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("file");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(SCHEMA).unwrap();
        let writer = Writer::start(db).unwrap();
        for n in 0..100 {
            // Nobody waits for the answer: the future is dropped once its job is in the queue.
            let mut run = Box::pin(writer.run(insert("seen", n)));
            begins(&mut run).await;
        }
        drop(writer);
        let count: u32 =
            Connection::open(&path).unwrap().query_row("SELECT count(*) FROM seen", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 100);
    }
}
