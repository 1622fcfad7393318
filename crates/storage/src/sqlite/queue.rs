//! What waits for the writer.
//!
//! Invariant: bounded; urgent jobs leave first; jobs of one aggregate leave in the order in which they came.

use super::error::StepResult;
use ports::{AggregateRef, StoreError};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// Most jobs that wait, of each urgency. Whoever comes then waits for room.
const WAITING_MAX: usize = 1024;

/// One change of the database and whoever waits for it.
pub(super) struct Job {
    /// Keeps its order with others of the same aggregate.
    pub at: Option<AggregateRef>,
    pub urgent: bool,
    pub step: Box<dyn Step>,
}

pub(super) trait Step: Send {
    /// Inside a savepoint. May be called again, when the transaction around it was lost.
    fn apply(&mut self, conn: &Connection) -> StepResult<()>;

    /// After the COMMIT, or once it is known that there is none.
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

/// A step made of a function and a place for its answer.
pub(super) struct Task<T, F> {
    run: F,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Task<T, F>
where
    T: Send + 'static,
    F: FnMut(&Connection) -> StepResult<T> + Send + 'static,
{
    pub(super) fn new(run: F) -> (Box<Self>, oneshot::Receiver<Result<T, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { run, value: None, reply }), answer)
    }
}

impl<T, F> Step for Task<T, F>
where
    T: Send + 'static,
    F: FnMut(&Connection) -> StepResult<T> + Send + 'static,
{
    fn apply(&mut self, conn: &Connection) -> StepResult<()> {
        self.value = Some((self.run)(conn)?);
        Ok(())
    }

    fn answer(self: Box<Self>, fate: Result<(), StoreError>) {
        let Self { value, reply, .. } = *self;
        let answer = fate.and_then(|()| value.ok_or_else(|| StoreError::Unknown("the step was not run".into())));
        // Whoever asked may be gone; the change is made all the same.
        let _ = reply.send(answer);
    }
}

/// What the writer finds.
pub(super) enum Taken {
    Jobs(Vec<Job>),
    /// Nothing came for a while.
    Idle,
    /// Closed, and everything that waited is done.
    Closed,
}

#[derive(Default)]
struct State {
    urgent: VecDeque<Job>,
    normal: VecDeque<Job>,
    closed: bool,
}

pub(super) struct Queue {
    state: Mutex<State>,
    came: Condvar,
    room: Semaphore,
    urgent_room: Semaphore,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            came: Condvar::new(),
            room: Semaphore::new(WAITING_MAX),
            urgent_room: Semaphore::new(WAITING_MAX),
        }
    }

    /// Waits for room; gives the job back if the queue is closed.
    pub(super) async fn push(&self, job: Job) -> Result<(), Job> {
        let room = if job.urgent { &self.urgent_room } else { &self.room };
        let Ok(permit) = room.acquire().await else { return Err(job) };
        let mut state = self.lock();
        if state.closed {
            return Err(job);
        }
        permit.forget();
        if job.urgent {
            self.promote(&mut state, job.at);
            state.urgent.push_back(job);
        } else {
            // `normal` leaves after `urgent`, so this stays behind an urgent one of its aggregate.
            state.normal.push_back(job);
        }
        drop(state);
        self.came.notify_one();
        Ok(())
    }

    /// Earlier steps of the same aggregate go before an urgent one, so they become as urgent.
    fn promote(&self, state: &mut State, at: Option<AggregateRef>) {
        if at.is_none() || !state.normal.iter().any(|job| job.at == at) {
            return;
        }
        let waiting = std::mem::take(&mut state.normal);
        for job in waiting {
            if job.at == at {
                state.urgent.push_back(job);
            } else {
                state.normal.push_back(job);
            }
        }
    }

    /// At most `most` jobs, as soon as there is one; [`Taken::Idle`] after `patience`.
    pub(super) fn take(&self, most: usize, patience: Option<Duration>) -> Taken {
        let mut state = self.lock();
        while state.urgent.is_empty() && state.normal.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            state = match patience {
                None => self.came.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner),
                Some(patience) => {
                    let (state, timeout) =
                        self.came.wait_timeout(state, patience).unwrap_or_else(std::sync::PoisonError::into_inner);
                    if timeout.timed_out() && state.urgent.is_empty() && state.normal.is_empty() && !state.closed {
                        return Taken::Idle;
                    }
                    state
                }
            };
        }
        let urgent = state.urgent.len().min(most);
        let normal = state.normal.len().min(most - urgent);
        let mut jobs = Vec::with_capacity(urgent + normal);
        jobs.extend(state.urgent.drain(..urgent));
        jobs.extend(state.normal.drain(..normal));
        drop(state);
        // A promoted job took its room among the normal ones and keeps it until it leaves.
        let urgent = jobs.iter().filter(|job| job.urgent).count();
        self.urgent_room.add_permits(urgent);
        self.room.add_permits(jobs.len() - urgent);
        Taken::Jobs(jobs)
    }

    /// Nothing more comes in; what waits is still taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.room.close();
        self.urgent_room.close();
        self.came.notify_all();
    }

    /// Nothing more comes in, and nobody takes what waits.
    pub(super) fn close_and_empty(&self) -> Vec<Job> {
        self.close();
        let mut state = self.lock();
        let mut jobs = Vec::from(std::mem::take(&mut state.urgent));
        jobs.extend(std::mem::take(&mut state.normal));
        jobs
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::AggregateKind;

    fn job(aggregate: u8, urgent: bool) -> Job {
        let at = Some(AggregateRef { kind: AggregateKind::Purchase, id: [aggregate; 16] });
        Job { at, urgent, step: Task::new(|_| Ok(())).0 }
    }

    fn order(queue: &Queue, most: usize) -> Vec<u8> {
        match queue.take(most, Some(Duration::ZERO)) {
            Taken::Jobs(jobs) => jobs.iter().map(|job| job.at.unwrap().id[0]).collect(),
            Taken::Idle | Taken::Closed => Vec::new(),
        }
    }

    #[tokio::test]
    async fn urgent_first_and_aggregates_in_order() {
        let queue = Queue::new();
        for (aggregate, urgent) in [(1, false), (2, false), (3, false), (2, false), (4, true), (2, true)] {
            assert!(queue.push(job(aggregate, urgent)).await.is_ok());
        }
        assert_eq!(order(&queue, 3), [4, 2, 2]);
        assert_eq!(order(&queue, 2), [2, 1]);
        assert!(queue.push(job(5, true)).await.is_ok());
        assert_eq!(order(&queue, 9), [5, 3]);
        assert_eq!(order(&queue, 9), []);
        assert_eq!(queue.room.available_permits(), WAITING_MAX);
        assert_eq!(queue.urgent_room.available_permits(), WAITING_MAX);
    }

    #[tokio::test]
    async fn bounded_and_urgent_has_room_of_its_own() {
        let queue = Queue::new();
        for _ in 0..WAITING_MAX {
            assert!(queue.push(job(1, false)).await.is_ok());
        }
        let mut one_more = Box::pin(queue.push(job(1, false)));
        assert!(futures::poll!(&mut one_more).is_pending());
        assert!(queue.push(job(2, true)).await.is_ok());
        assert_eq!(order(&queue, 1), [2]);
        assert!(futures::poll!(&mut one_more).is_pending());
        assert_eq!(order(&queue, 1), [1]);
        assert!(one_more.await.is_ok());
    }

    #[tokio::test]
    async fn closed_means_no_more_in_but_all_out() {
        let queue = Queue::new();
        assert!(queue.push(job(1, false)).await.is_ok());
        queue.close();
        assert!(queue.push(job(2, false)).await.is_err());
        assert_eq!(order(&queue, 9), [1]);
        assert!(matches!(queue.take(9, None), Taken::Closed));
    }
}
